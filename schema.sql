-- The reference schema, as PostgreSQL sees it: the tables and the constraints that back the rules of the hall.
-- The database itself is made by the migrations; tests prove that models, migrations and this file agree.

-- One office with its own hall, calendar and time zone.
CREATE TABLE branch (
    id SERIAL NOT NULL,
    code VARCHAR(40) NOT NULL,
    name JSONB NOT NULL,
    address JSONB NOT NULL,
    time_zone VARCHAR(64) NOT NULL,
    languages JSONB NOT NULL,
    default_language VARCHAR(16) NOT NULL,
    hours JSONB NOT NULL,
    day_starts VARCHAR(5) NOT NULL,
    first_number INTEGER NOT NULL,
    last_number INTEGER NOT NULL,
    numbers_restart VARCHAR(8) NOT NULL,
    recall_pause_seconds INTEGER NOT NULL,
    calls_before_no_show INTEGER NOT NULL,
    no_show_after_seconds INTEGER,
    starts_on_call BOOLEAN NOT NULL,
    undo_seconds INTEGER NOT NULL,
    rejoin_minutes INTEGER NOT NULL,
    defer_limit INTEGER NOT NULL,
    longest_defer_minutes INTEGER NOT NULL,
    late_minutes INTEGER NOT NULL,
    head_start_minutes JSONB NOT NULL,
    choices JSONB NOT NULL,
    emergency JSONB NOT NULL,
    news JSONB NOT NULL,
    CONSTRAINT pk_branch PRIMARY KEY (id),
    CONSTRAINT ck_branch_numbers_restart_known CHECK (numbers_restart IN ('daily', 'range')),
    CONSTRAINT ck_branch_numbers_in_range CHECK (first_number > 0 AND last_number >= first_number),
    CONSTRAINT uq_branch_code UNIQUE (code)
);

-- A person (or a script with a token) who may act on behalf of an office.
CREATE TABLE staff (
    id SERIAL NOT NULL,
    username VARCHAR(64) NOT NULL,
    name VARCHAR(120) NOT NULL,
    password_hash VARCHAR(255),
    role VARCHAR(16) NOT NULL,
    is_active BOOLEAN NOT NULL,
    CONSTRAINT pk_staff PRIMARY KEY (id),
    CONSTRAINT ck_staff_role_known CHECK (role IN ('operator', 'reception', 'hall', 'admin', 'reviewer')),
    CONSTRAINT uq_staff_username UNIQUE (username)
);

-- The first answer to a request with an Idempotency-Key, sealed, kept a day.
CREATE TABLE answered_request (
    branch_id INTEGER NOT NULL,
    key_hash VARCHAR(64) NOT NULL,
    scope VARCHAR(80) NOT NULL,
    body_hash VARCHAR(64) NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sealed_answer BYTEA NOT NULL,
    CONSTRAINT pk_answered_request PRIMARY KEY (branch_id, key_hash),
    CONSTRAINT fk_answered_request_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id)
);
CREATE INDEX answered_at ON answered_request (answered_at);

-- The branch lock: every change to a hall takes this row first, and leaves its new version here.
CREATE TABLE hall (
    branch_id INTEGER NOT NULL,
    service_day DATE NOT NULL,
    version INTEGER NOT NULL,
    setup_version INTEGER NOT NULL,
    ledger_seq INTEGER NOT NULL,
    ledger_hash VARCHAR(64) NOT NULL,
    acted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_hall PRIMARY KEY (branch_id),
    CONSTRAINT fk_hall_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id)
);

-- One fact. `seq` counts 1, 2, 3, … per branch without gaps; `hash` covers the entry and the one before it.
CREATE TABLE ledger_entry (
    branch_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    move VARCHAR(32) NOT NULL,
    ticket_id INTEGER,
    leg_id INTEGER,
    window_id INTEGER,
    actor VARCHAR(80) NOT NULL,
    reason VARCHAR(80),
    facts TEXT NOT NULL,
    previous_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT pk_ledger_entry PRIMARY KEY (branch_id, seq),
    CONSTRAINT fk_ledger_entry_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id)
);
CREATE INDEX ledger_by_time ON ledger_entry (branch_id, at);

-- Visitors whom the law, or the office, lets come earlier: by how much, on what ground, shown how.
CREATE TABLE priority_category (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    code VARCHAR(40) NOT NULL,
    name JSONB NOT NULL,
    head_start_minutes JSONB NOT NULL,
    legal_basis VARCHAR(300) NOT NULL,
    proof JSONB NOT NULL,
    is_self_declared BOOLEAN NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT pk_priority_category PRIMARY KEY (id),
    CONSTRAINT uq_priority_category_branch_id_code UNIQUE (branch_id, code),
    CONSTRAINT fk_priority_category_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id)
);

-- Services that are shown together on a kiosk with many services.
CREATE TABLE service_group (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    code VARCHAR(40) NOT NULL,
    name JSONB NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT pk_service_group PRIMARY KEY (id),
    CONSTRAINT uq_service_group_branch_id_code UNIQUE (branch_id, code),
    CONSTRAINT fk_service_group_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id)
);

-- A branch that a member of staff is bound to.
CREATE TABLE staff_branch (
    staff_id INTEGER NOT NULL,
    branch_id INTEGER NOT NULL,
    CONSTRAINT pk_staff_branch PRIMARY KEY (staff_id, branch_id),
    CONSTRAINT fk_staff_branch_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id),
    CONSTRAINT fk_staff_branch_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id)
);

-- A browser session or an API token. Only its hash is kept, so a stolen database opens nothing.
CREATE TABLE staff_key (
    key_hash VARCHAR(64) NOT NULL,
    staff_id INTEGER NOT NULL,
    kind VARCHAR(8) NOT NULL,
    label VARCHAR(64) NOT NULL,
    csrf VARCHAR(64),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_staff_key PRIMARY KEY (key_hash),
    CONSTRAINT ck_staff_key_kind_known CHECK (kind IN ('session', 'token')),
    CONSTRAINT fk_staff_key_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id)
);
CREATE INDEX ix_staff_key_staff_id ON staff_key (staff_id);

-- One visit. The printed number is for people; the random token (kept as a hash) is the key.
CREATE TABLE ticket (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    service_day DATE NOT NULL,
    series VARCHAR(4) NOT NULL,
    number INTEGER NOT NULL,
    label VARCHAR(12) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    channel VARCHAR(16) NOT NULL,
    language VARCHAR(16) NOT NULL,
    priority VARCHAR(40),
    priority_granted_by INTEGER,
    needs JSONB NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    booked_at TIMESTAMP WITH TIME ZONE,
    route JSONB NOT NULL,
    deferrals INTEGER NOT NULL,
    CONSTRAINT pk_ticket PRIMARY KEY (id),
    CONSTRAINT uq_ticket_branch_id_service_day_series_number UNIQUE (branch_id, service_day, series, number),
    CONSTRAINT ck_ticket_channel_known CHECK (channel IN ('kiosk', 'web', 'reception', 'phone')),
    CONSTRAINT fk_ticket_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id),
    CONSTRAINT uq_ticket_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_ticket_priority_granted_by FOREIGN KEY(priority_granted_by) REFERENCES staff (id)
);

-- How many numbers a series has given on a service day; counted under the branch lock, so gap-free.
CREATE TABLE ticket_counter (
    branch_id INTEGER NOT NULL,
    series VARCHAR(4) NOT NULL,
    service_day DATE NOT NULL,
    start INTEGER NOT NULL,
    given INTEGER NOT NULL,
    CONSTRAINT pk_ticket_counter PRIMARY KEY (branch_id, series, service_day),
    CONSTRAINT fk_ticket_counter_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id)
);

-- A counter at which an operator serves.
CREATE TABLE "window" (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    code VARCHAR(8) NOT NULL,
    position INTEGER NOT NULL,
    is_removed BOOLEAN NOT NULL,
    languages JSONB NOT NULL,
    needs JSONB NOT NULL,
    state VARCHAR(8) NOT NULL,
    pause_reason VARCHAR(40),
    operator_id INTEGER,
    opened_at TIMESTAMP WITH TIME ZONE,
    shift_services JSONB,
    CONSTRAINT pk_window PRIMARY KEY (id),
    CONSTRAINT uq_window_branch_id_code UNIQUE (branch_id, code),
    CONSTRAINT ck_window_state_known CHECK (state IN ('open', 'paused', 'closed')),
    CONSTRAINT fk_window_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id),
    CONSTRAINT fk_window_operator_id FOREIGN KEY(operator_id) REFERENCES staff (id)
);
CREATE UNIQUE INDEX one_window_per_operator ON "window" (operator_id) WHERE operator_id IS NOT NULL;

-- What a visitor comes for.
CREATE TABLE service (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    code VARCHAR(40) NOT NULL,
    prefix VARCHAR(4) NOT NULL,
    name JSONB NOT NULL,
    description JSONB NOT NULL,
    documents JSONB NOT NULL,
    fee JSONB NOT NULL,
    purpose VARCHAR(8) DEFAULT 'submit' NOT NULL,
    norm_seconds INTEGER NOT NULL,
    group_id INTEGER,
    position INTEGER NOT NULL,
    is_open BOOLEAN NOT NULL,
    is_removed BOOLEAN NOT NULL,
    booking JSONB,
    CONSTRAINT pk_service PRIMARY KEY (id),
    CONSTRAINT uq_service_branch_id_code UNIQUE (branch_id, code),
    CONSTRAINT ck_service_norm_seconds_positive CHECK (norm_seconds > 0),
    CONSTRAINT ck_service_purpose_known CHECK (purpose IN ('submit', 'status', 'collect')),
    CONSTRAINT fk_service_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id),
    CONSTRAINT fk_service_group_id FOREIGN KEY(group_id) REFERENCES service_group (id)
);

-- One service of a ticket, from joining its line to the end of service. All timings live here.
CREATE TABLE leg (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    service_day DATE NOT NULL,
    ticket_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    service_id INTEGER NOT NULL,
    state VARCHAR(12) NOT NULL,
    counting_start TIMESTAMP WITH TIME ZONE NOT NULL,
    turn TIMESTAMP WITH TIME ZONE NOT NULL,
    ready_at TIMESTAMP WITH TIME ZONE NOT NULL,
    first_called_at TIMESTAMP WITH TIME ZONE,
    last_called_at TIMESTAMP WITH TIME ZONE,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    left_at TIMESTAMP WITH TIME ZONE,
    requires VARCHAR(200) NOT NULL,
    for_window_id INTEGER,
    for_staff_id INTEGER,
    due_at TIMESTAMP WITH TIME ZONE,
    due_turn TIMESTAMP WITH TIME ZONE,
    norm_at TIMESTAMP WITH TIME ZONE,
    calls INTEGER NOT NULL,
    call_reason VARCHAR(40),
    rejoins INTEGER NOT NULL,
    held_at TIMESTAMP WITH TIME ZONE,
    hold_reason VARCHAR(40),
    held_seconds INTEGER NOT NULL,
    window_id INTEGER,
    staff_id INTEGER,
    outcome VARCHAR(40),
    note VARCHAR(500),
    CONSTRAINT pk_leg PRIMARY KEY (id),
    CONSTRAINT uq_leg_ticket_id_position UNIQUE (ticket_id, position),
    CONSTRAINT ck_leg_state_known CHECK (state IN ('waiting', 'called', 'serving', 'held', 'missed', 'done', 'transferred', 'cancelled', 'left')),
    CONSTRAINT fk_leg_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id),
    CONSTRAINT fk_leg_ticket_id FOREIGN KEY(ticket_id) REFERENCES ticket (id),
    CONSTRAINT fk_leg_service_id FOREIGN KEY(service_id) REFERENCES service (id),
    CONSTRAINT fk_leg_for_window_id FOREIGN KEY(for_window_id) REFERENCES "window" (id),
    CONSTRAINT fk_leg_for_staff_id FOREIGN KEY(for_staff_id) REFERENCES staff (id),
    CONSTRAINT fk_leg_window_id FOREIGN KEY(window_id) REFERENCES "window" (id),
    CONSTRAINT fk_leg_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id)
);
CREATE INDEX due ON leg (branch_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX last_calls ON leg (branch_id, last_called_at);
CREATE INDEX line ON leg (branch_id, service_id, turn, ticket_id, service_day, state) WHERE state = 'waiting';
CREATE INDEX norms_due ON leg (norm_at, branch_id) WHERE norm_at IS NOT NULL;
CREATE UNIQUE INDEX one_leg_per_window ON leg (window_id) WHERE state IN ('called', 'serving');
CREATE INDEX restricted_line ON leg (branch_id, service_day) WHERE state = 'waiting' AND (requires <> '' OR for_window_id IS NOT NULL OR for_staff_id IS NOT NULL);
CREATE INDEX unfinished ON leg (branch_id, service_day) WHERE state IN ('waiting', 'called', 'serving', 'held', 'missed');

-- Which services a window is set up for.
CREATE TABLE window_service (
    window_id INTEGER NOT NULL,
    service_id INTEGER NOT NULL,
    CONSTRAINT pk_window_service PRIMARY KEY (window_id, service_id),
    CONSTRAINT fk_window_service_window_id FOREIGN KEY(window_id) REFERENCES "window" (id),
    CONSTRAINT fk_window_service_service_id FOREIGN KEY(service_id) REFERENCES service (id)
);

-- What a member of staff did last to a leg, and what it was before: all that `undo` needs.
CREATE TABLE last_move (
    staff_id INTEGER NOT NULL,
    leg_id INTEGER NOT NULL,
    window_id INTEGER NOT NULL,
    move VARCHAR(32) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    before JSONB NOT NULL,
    after VARCHAR(64) NOT NULL,
    new_leg_id INTEGER,
    CONSTRAINT pk_last_move PRIMARY KEY (staff_id),
    CONSTRAINT fk_last_move_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id),
    CONSTRAINT fk_last_move_leg_id FOREIGN KEY(leg_id) REFERENCES leg (id),
    CONSTRAINT fk_last_move_window_id FOREIGN KEY(window_id) REFERENCES "window" (id)
);

-- A machine that somebody of the office let in. Its key is kept as a hash, so a stolen database opens nothing.
CREATE TABLE device (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    name VARCHAR(60) NOT NULL,
    role VARCHAR(8) NOT NULL,
    settings JSONB NOT NULL,
    revision INTEGER NOT NULL,
    key_hash VARCHAR(64),
    next_key_hash VARCHAR(64),
    next_key_at TIMESTAMP WITH TIME ZONE,
    key_since TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE,
    page_version VARCHAR(32),
    identify_until TIMESTAMP WITH TIME ZONE,
    silent_since TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_device PRIMARY KEY (id),
    CONSTRAINT uq_device_key_hash UNIQUE (key_hash),
    CONSTRAINT uq_device_next_key_hash UNIQUE (next_key_hash),
    CONSTRAINT ck_device_role_known CHECK (role IN ('kiosk', 'display', 'tablet')),
    CONSTRAINT fk_device_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id)
);
CREATE INDEX ix_device_branch_id ON device (branch_id);

-- A machine that asks to be let in: it shows a short code to people, and asks for its key by a long one.
CREATE TABLE device_pairing (
    device_code_hash VARCHAR(64) NOT NULL,
    user_code_hash VARCHAR(64) NOT NULL,
    state VARCHAR(8) NOT NULL,
    device_id INTEGER,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    interval_seconds INTEGER NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_device_pairing PRIMARY KEY (device_code_hash),
    CONSTRAINT uq_device_pairing_user_code_hash UNIQUE (user_code_hash),
    CONSTRAINT ck_device_pairing_state_known CHECK (state IN ('pending', 'approved', 'denied')),
    CONSTRAINT fk_device_pairing_device_id FOREIGN KEY(device_id) REFERENCES device (id)
);

-- A pairing code that somebody typed and that did not fit: too many, and no more are looked at for a while.
CREATE TABLE code_try (
    id SERIAL NOT NULL,
    staff_id INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_code_try PRIMARY KEY (id),
    CONSTRAINT fk_code_try_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id)
);
CREATE INDEX ix_code_try_staff_id ON code_try (staff_id);

-- The weekly pattern of a window between two dates.
CREATE TABLE roster (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    window_id INTEGER NOT NULL,
    first DATE,
    last DATE,
    hours JSONB NOT NULL,
    services JSONB,
    CONSTRAINT pk_roster PRIMARY KEY (id),
    CONSTRAINT ck_roster_in_order CHECK (last IS NULL OR first IS NULL OR last >= first),
    CONSTRAINT fk_roster_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id),
    CONSTRAINT fk_roster_window_id FOREIGN KEY(window_id) REFERENCES "window" (id)
);
CREATE INDEX rosters ON roster (branch_id);

-- Days on which the office keeps other hours than usual; none at all on a holiday.
CREATE TABLE special_days (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    first DATE NOT NULL,
    last DATE NOT NULL,
    name JSONB NOT NULL,
    hours JSONB NOT NULL,
    CONSTRAINT pk_special_days PRIMARY KEY (id),
    CONSTRAINT ck_special_days_in_order CHECK (last >= first),
    CONSTRAINT fk_special_days_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id)
);
CREATE INDEX special_days_of ON special_days (branch_id);

-- Windows that are not staffed although the roster says so.
CREATE TABLE closure (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    first DATE NOT NULL,
    last DATE NOT NULL,
    hours JSONB NOT NULL,
    windows JSONB,
    reason JSONB NOT NULL,
    CONSTRAINT pk_closure PRIMARY KEY (id),
    CONSTRAINT ck_closure_in_order CHECK (last >= first),
    CONSTRAINT fk_closure_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id)
);
CREATE INDEX closures ON closure (branch_id);

-- A date on which something was ever booked or held. Its stamp changes with every change of what is taken.
CREATE TABLE booking_day (
    branch_id INTEGER NOT NULL,
    day DATE NOT NULL,
    stamp VARCHAR(16) NOT NULL,
    CONSTRAINT pk_booking_day PRIMARY KEY (branch_id, day),
    CONSTRAINT fk_booking_day_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id)
);

-- How somebody can be reached: the only table with personal data of visitors.
CREATE TABLE contact (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    name VARCHAR(120) NOT NULL,
    phone VARCHAR(40) NOT NULL,
    email VARCHAR(254),
    phone_key VARCHAR(40) NOT NULL,
    email_key VARCHAR(254),
    retention VARCHAR(24) NOT NULL,
    keep_until TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_contact PRIMARY KEY (id),
    CONSTRAINT fk_contact_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id)
);
CREATE INDEX contact_by_email ON contact (branch_id, email_key);
CREATE INDEX contact_by_phone ON contact (branch_id, phone_key);
CREATE INDEX contact_to_keep ON contact (retention, keep_until);

-- A booked visit; becomes a ticket at check-in. The secret token (kept as a hash, and sealed) is the key.
CREATE TABLE appointment (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    code VARCHAR(12) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    sealed_token BYTEA NOT NULL,
    hold_hash VARCHAR(64),
    state VARCHAR(12) NOT NULL,
    parts JSONB NOT NULL,
    buffer_minutes INTEGER NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
    channel VARCHAR(16) NOT NULL,
    language VARCHAR(16) NOT NULL,
    needs JSONB NOT NULL,
    requires VARCHAR(200) NOT NULL,
    contact_id INTEGER,
    address VARCHAR(64),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by INTEGER,
    sequence INTEGER NOT NULL,
    ticket_id INTEGER,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_appointment PRIMARY KEY (id),
    CONSTRAINT uq_appointment_branch_id_code UNIQUE (branch_id, code),
    CONSTRAINT ck_appointment_state_known CHECK (state IN ('booked', 'arrived', 'absent', 'cancelled')),
    CONSTRAINT ck_appointment_channel_known CHECK (channel IN ('kiosk', 'web', 'reception', 'phone')),
    CONSTRAINT ck_appointment_in_order CHECK (ends_at > starts_at),
    CONSTRAINT fk_appointment_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id),
    CONSTRAINT uq_appointment_token_hash UNIQUE (token_hash),
    CONSTRAINT uq_appointment_hold_hash UNIQUE (hold_hash),
    CONSTRAINT fk_appointment_contact_id FOREIGN KEY(contact_id) REFERENCES contact (id),
    CONSTRAINT fk_appointment_created_by FOREIGN KEY(created_by) REFERENCES staff (id),
    CONSTRAINT fk_appointment_ticket_id FOREIGN KEY(ticket_id) REFERENCES ticket (id)
);
CREATE INDEX appointment_of_contact ON appointment (contact_id);
CREATE INDEX expected ON appointment (branch_id, starts_at) WHERE state = 'booked';
CREATE INDEX taken ON appointment (branch_id, starts_at) WHERE state IN ('booked', 'arrived');

-- A slot kept until a moment; it counts against the room of its day until then, and expires by itself.
CREATE TABLE slot_hold (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    kind VARCHAR(8) NOT NULL,
    parts JSONB NOT NULL,
    buffer_minutes INTEGER NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    channel VARCHAR(16) NOT NULL,
    needs JSONB NOT NULL,
    requires VARCHAR(200) NOT NULL,
    holder VARCHAR(64),
    address VARCHAR(64),
    appointment_id INTEGER,
    CONSTRAINT pk_slot_hold PRIMARY KEY (id),
    CONSTRAINT ck_slot_hold_kind_known CHECK (kind IN ('form', 'offer', 'release')),
    CONSTRAINT ck_slot_hold_channel_known CHECK (channel IN ('kiosk', 'web', 'reception', 'phone')),
    CONSTRAINT fk_slot_hold_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id),
    CONSTRAINT uq_slot_hold_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_slot_hold_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointment (id)
);
CREATE INDEX held ON slot_hold (branch_id, starts_at);
CREATE INDEX hold_expiry ON slot_hold (expires_at);
CREATE INDEX hold_of ON slot_hold (branch_id, holder);
CREATE INDEX holds_from ON slot_hold (branch_id, address);

-- Somebody who wants a slot that is not free yet.
CREATE TABLE waiting_entry (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    kind VARCHAR(8) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    sealed_token BYTEA NOT NULL,
    state VARCHAR(12) NOT NULL,
    services JSONB NOT NULL,
    needs JSONB NOT NULL,
    requires VARCHAR(200) NOT NULL,
    first DATE NOT NULL,
    last DATE NOT NULL,
    language VARCHAR(16) NOT NULL,
    channel VARCHAR(16) NOT NULL,
    contact_id INTEGER,
    address VARCHAR(64),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lapses INTEGER NOT NULL,
    offer_hash VARCHAR(64),
    offered_until TIMESTAMP WITH TIME ZONE,
    appointment_id INTEGER,
    drawn_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_waiting_entry PRIMARY KEY (id),
    CONSTRAINT ck_waiting_entry_state_known CHECK (state IN ('waiting', 'offered', 'booked', 'ended')),
    CONSTRAINT ck_waiting_entry_kind_known CHECK (kind IN ('list', 'draw')),
    CONSTRAINT fk_waiting_entry_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id),
    CONSTRAINT uq_waiting_entry_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_waiting_entry_contact_id FOREIGN KEY(contact_id) REFERENCES contact (id),
    CONSTRAINT fk_waiting_entry_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointment (id)
);
CREATE INDEX waiting_list ON waiting_entry (branch_id, kind, id) WHERE state IN ('waiting', 'offered');

-- A proof of work that has been used for a hold: it serves once.
CREATE TABLE spent_proof (
    proof_hash VARCHAR(64) NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_spent_proof PRIMARY KEY (proof_hash)
);

-- Who is told of breaches, by which way, after how long.
CREATE TABLE escalation (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    channel VARCHAR(16) NOT NULL,
    target VARCHAR(500) NOT NULL,
    after_seconds INTEGER NOT NULL,
    at_risk BOOLEAN NOT NULL,
    language VARCHAR(16),
    sealed_secret BYTEA,
    CONSTRAINT pk_escalation PRIMARY KEY (id),
    CONSTRAINT ck_escalation_channel_known CHECK (channel IN ('email', 'text', 'webhook')),
    CONSTRAINT ck_escalation_after_not_negative CHECK (after_seconds >= 0),
    CONSTRAINT fk_escalation_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id)
);
CREATE INDEX escalations ON escalation (branch_id);

-- What one rule of escalation told of one cause; while it is not over, the cause is not told again.
CREATE TABLE alert (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    escalation_id INTEGER,
    cause VARCHAR(80) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    service_id INTEGER,
    breaches INTEGER NOT NULL,
    at_risk INTEGER NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    raised_at TIMESTAMP WITH TIME ZONE NOT NULL,
    over_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_alert PRIMARY KEY (id),
    CONSTRAINT ck_alert_kind_known CHECK (kind IN ('wait', 'service_time', 'total_time', 'hold_time', 'queue_length', 'unstaffed', 'idle_window')),
    CONSTRAINT fk_alert_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id),
    CONSTRAINT fk_alert_escalation_id FOREIGN KEY(escalation_id) REFERENCES escalation (id) ON DELETE SET NULL,
    CONSTRAINT fk_alert_service_id FOREIGN KEY(service_id) REFERENCES service (id)
);
CREATE INDEX alerts ON alert (branch_id, id);
CREATE UNIQUE INDEX live_alert ON alert (escalation_id, cause) WHERE over_at IS NULL;

-- Something to be told to somebody: written down with what it tells of, sent when the mail server allows.
CREATE TABLE message (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    kind VARCHAR(24) NOT NULL,
    channel VARCHAR(16) NOT NULL,
    appointment_id INTEGER,
    waiting_id INTEGER,
    alert_id INTEGER,
    sequence INTEGER NOT NULL,
    state VARCHAR(8) NOT NULL,
    queued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    attempts INTEGER NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    error VARCHAR(300),
    CONSTRAINT pk_message PRIMARY KEY (id),
    CONSTRAINT ck_message_state_known CHECK (state IN ('queued', 'sent', 'failed', 'dropped')),
    CONSTRAINT fk_message_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id),
    CONSTRAINT fk_message_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointment (id),
    CONSTRAINT fk_message_waiting_id FOREIGN KEY(waiting_id) REFERENCES waiting_entry (id),
    CONSTRAINT fk_message_alert_id FOREIGN KEY(alert_id) REFERENCES alert (id)
);
CREATE INDEX message_of ON message (appointment_id);
CREATE INDEX outbox ON message (channel, due_at) WHERE state = 'queued';
CREATE INDEX troubled ON message (branch_id, id) WHERE error IS NOT NULL;

-- One range of waiting time that was shown for a waiting leg, and when the call came.
CREATE TABLE estimate (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    service_day DATE NOT NULL,
    leg_id INTEGER NOT NULL,
    service_id INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    is_first BOOLEAN NOT NULL,
    low INTEGER NOT NULL,
    high INTEGER NOT NULL,
    sooner INTEGER NOT NULL,
    middle INTEGER NOT NULL,
    later INTEGER NOT NULL,
    state VARCHAR(8) NOT NULL,
    waited INTEGER,
    CONSTRAINT pk_estimate PRIMARY KEY (id),
    CONSTRAINT ck_estimate_state_known CHECK (state IN ('open', 'called', 'left')),
    CONSTRAINT fk_estimate_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id),
    CONSTRAINT fk_estimate_leg_id FOREIGN KEY(leg_id) REFERENCES leg (id),
    CONSTRAINT fk_estimate_service_id FOREIGN KEY(service_id) REFERENCES service (id)
);
CREATE INDEX estimates_by_day ON estimate (branch_id, service_day);
CREATE INDEX open_estimates ON estimate (branch_id, leg_id) WHERE state = 'open';

CREATE TABLE heartbeat (
    name VARCHAR(20) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_heartbeat PRIMARY KEY (name)
);

-- The promised longest of something, with its legal source.
CREATE TABLE norm (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    kind VARCHAR(16) NOT NULL,
    service_id INTEGER,
    channel VARCHAR(16),
    longest INTEGER NOT NULL,
    source VARCHAR(300) NOT NULL,
    valid_from DATE,
    valid_to DATE,
    CONSTRAINT pk_norm PRIMARY KEY (id),
    CONSTRAINT ck_norm_kind_known CHECK (kind IN ('wait', 'service_time', 'total_time', 'hold_time', 'queue_length', 'unstaffed', 'idle_window')),
    CONSTRAINT ck_norm_channel_known CHECK (channel IN ('walk_in', 'appointment')),
    CONSTRAINT ck_norm_longest_positive CHECK (longest > 0),
    CONSTRAINT fk_norm_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id),
    CONSTRAINT fk_norm_service_id FOREIGN KEY(service_id) REFERENCES service (id)
);
CREATE INDEX norms ON norm (branch_id);

-- A norm that was passed: when, for how long, who has seen it.
CREATE TABLE breach (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    mark VARCHAR(80) NOT NULL,
    service_day DATE NOT NULL,
    kind VARCHAR(16) NOT NULL,
    longest INTEGER NOT NULL,
    source VARCHAR(300) NOT NULL,
    service_id INTEGER,
    ticket_id INTEGER,
    leg_id INTEGER,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    flagged_at TIMESTAMP WITH TIME ZONE NOT NULL,
    is_late BOOLEAN NOT NULL,
    resolved_at TIMESTAMP WITH TIME ZONE,
    acknowledged_at TIMESTAMP WITH TIME ZONE,
    acknowledged_by INTEGER,
    note VARCHAR(500),
    window_id INTEGER,
    CONSTRAINT pk_breach PRIMARY KEY (id),
    CONSTRAINT uq_breach_branch_id_mark UNIQUE (branch_id, mark),
    CONSTRAINT ck_breach_kind_known CHECK (kind IN ('wait', 'service_time', 'total_time', 'hold_time', 'queue_length', 'unstaffed', 'idle_window')),
    CONSTRAINT fk_breach_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id),
    CONSTRAINT fk_breach_service_id FOREIGN KEY(service_id) REFERENCES service (id),
    CONSTRAINT fk_breach_ticket_id FOREIGN KEY(ticket_id) REFERENCES ticket (id),
    CONSTRAINT fk_breach_leg_id FOREIGN KEY(leg_id) REFERENCES leg (id),
    CONSTRAINT fk_breach_acknowledged_by FOREIGN KEY(acknowledged_by) REFERENCES staff (id),
    CONSTRAINT fk_breach_window_id FOREIGN KEY(window_id) REFERENCES "window" (id)
);
CREATE INDEX breaches_by_day ON breach (branch_id, service_day);
CREATE INDEX open_breaches ON breach (branch_id, at) WHERE resolved_at IS NULL;

-- What a norm of lines or windows speaks of, and since when it holds; gone when it does not.
CREATE TABLE standing (
    id SERIAL NOT NULL,
    branch_id INTEGER NOT NULL,
    mark VARCHAR(80) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    flagged VARCHAR(80),
    CONSTRAINT pk_standing PRIMARY KEY (id),
    CONSTRAINT uq_standing_branch_id_mark UNIQUE (branch_id, mark),
    CONSTRAINT ck_standing_kind_known CHECK (kind IN ('wait', 'service_time', 'total_time', 'hold_time', 'queue_length', 'unstaffed', 'idle_window')),
    CONSTRAINT fk_standing_branch_id FOREIGN KEY(branch_id) REFERENCES branch (id)
);

-- The machine's clock was set: time that nobody has waited.
CREATE TABLE clock_jump (
    id SERIAL NOT NULL,
    before TIMESTAMP WITH TIME ZONE NOT NULL,
    after TIMESTAMP WITH TIME ZONE NOT NULL,
    seconds INTEGER NOT NULL,
    last_leg_id INTEGER NOT NULL,
    CONSTRAINT pk_clock_jump PRIMARY KEY (id)
);
