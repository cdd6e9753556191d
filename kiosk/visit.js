// What has the visitor at the kiosk chosen so far, and what is one step back?
export const aVisit = () => ({
  step: "start", group: null, page: 0, services: [], needs: [], priority: null, code: "", ticket: null, problem: null, isBusy: false, isExtended: false,
});

// Any needs, and at most one priority category.
export function withNeed({ needs }, need) {
  return { needs: needs.includes(need) ? needs.filter((other) => other !== need) : [...needs, need] };
}

export const withPriority = ({ priority }, category) => ({ priority: priority?.code === category.code ? null : category });

export const orderOf = ({ services, needs, priority }, language) => ({
  services: services.map((service) => service.code), language, channel: "kiosk", needs, priority: priority?.code ?? null,
});

// The step before this one and what changes with it; null for the very beginning, where nothing is left of the choices.
export function stepBack({ step, group, services, problem }) {
  const isAsking = step === "needs" || step === "more";
  if ((step === "start" || step === "more") && group) return [step, { group: null, page: 0 }];
  if (step === "code") return ["start", { code: "", problem: null }];
  if (isAsking || (step === "problem" && problem.code === "need_not_met")) return ["service", { page: 0 }];
  if (step === "service" && services.length > 1) return ["more", { services: services.slice(0, -1) }];
  return step === "service" ? ["start", { services: [], needs: [], priority: null }] : null;
}
