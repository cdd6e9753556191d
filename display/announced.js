// Which calls has this screen announced already? Remembered over a reload, so that none is heard twice.
const KEEP = 100;

export function remembered(branch) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(`announced ${branch}`));
    return Array.isArray(kept) ? new Set(kept) : null;
  } catch {
    return null;
  }
}

export function remember(branch, ids) {
  try {
    sessionStorage.setItem(`announced ${branch}`, JSON.stringify([...ids].slice(-KEEP)));
  } catch {
    // A browser that keeps nothing stays silent about old calls after a reload: the first picture is then known.
  }
}
