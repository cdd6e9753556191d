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
    norm_seconds INTEGER NOT NULL,
    group_id INTEGER,
    position INTEGER NOT NULL,
    is_open BOOLEAN NOT NULL,
    is_removed BOOLEAN NOT NULL,
    CONSTRAINT pk_service PRIMARY KEY (id),
    CONSTRAINT uq_service_branch_id_code UNIQUE (branch_id, code),
    CONSTRAINT ck_service_norm_seconds_positive CHECK (norm_seconds > 0),
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
CREATE INDEX line ON leg (branch_id, service_id, turn, ticket_id) WHERE state = 'waiting';
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
