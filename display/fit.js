// Does it fit? Texts are as large as the layout allows; one that is too long for its place is made smaller to fit it.
const LEAST = 0.3;
const fitted = new WeakMap();

const isTooLarge = (element) => element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;

// [data-fit] is one line and measured by its width, [data-fit-box] wraps and is measured by both.
export function fitAll(frame) {
  const size = `${document.fonts.status} ${frame.clientWidth}×${frame.clientHeight} ${frame.style.cssText.replace(/--(shift|left|top)[^;]*;/g, "")}`;
  for (const element of frame.querySelectorAll("[data-fit], [data-fit-box]")) {
    const seen = `${element.textContent} ${size}`;
    if (fitted.get(element) === seen) continue;
    fitted.set(element, seen);
    if ("fit" in element.dataset) fitLine(element);
    else fitBox(element);
  }
}

function fitLine(element) {
  element.style.setProperty("--fit", 1);
  const share = element.clientWidth / element.scrollWidth;
  if (share < 1) element.style.setProperty("--fit", Math.max(LEAST, share * 0.99));
}

function fitBox(element) {
  for (let share = 1; share >= LEAST; share *= 0.9) {
    element.style.setProperty("--fit", share);
    if (!isTooLarge(element)) return;
  }
}
