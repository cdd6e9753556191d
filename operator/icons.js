// Which signs stand beside the words? Needs of visitors, drawn in the colour of the text.
import { svg } from "lit-html";

const sign = (shape) => svg`<svg class="sign" viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${shape}</svg>`;

export const NEED_SIGNS = {
  wheelchair: sign(svg`<circle cx="10" cy="3.8" r="1.8"/><path d="M10 8v6h6l3 5.5 2-.8M10 10.5h5"/><path d="M7.5 11.2a5.5 5.5 0 1 0 7.2 7.3"/>`),
  interpreter: sign(svg`<path d="M3 4h11v8H8l-3 3v-3H3z"/><path d="M17 9h4v8h-2v3l-3-3h-5v-2"/>`),
  hearing_loop: sign(svg`<path d="M7 10a5 5 0 0 1 10 0c0 4-4 4.5-4 8a3 3 0 0 1-5 1.5"/><path d="M10 10.5a2 2 0 0 1 4 0c0 1.5-1.5 2-1.5 3.5M3 21L21 3"/>`),
  language: sign(svg`<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3.5 3 3.5 15 0 18M12 3c-3.5 3-3.5 15 0 18"/>`),
  more_time: sign(svg`<circle cx="11" cy="12" r="8.5"/><path d="M11 7v5l3 2M19 17v5M16.5 19.5h5"/>`),
  companion: sign(svg`<circle cx="8" cy="7" r="3"/><circle cx="17" cy="8.5" r="2.3"/><path d="M2.5 20c0-5 2-7.5 5.5-7.5s5.5 2.5 5.5 7.5M16 13.8c3.5-.5 5.5 1.700 5.5 6.200"/>`),
};

export const PRIORITY_SIGN = sign(svg`<path d="M12 2.8l2.8 6 6.5.8-4.8 4.5 1.3 6.5-5.8-3.3-5.8 3.3 1.3-6.5L2.700 9.600l6.5-.8z"/>`);
export const CLOCK_SIGN = sign(svg`<circle cx="12" cy="12" r="9"/><path d="M12 6.5V12l4 2.5"/>`);
export const HERE_SIGN = sign(svg`<path d="M5 12h13M12.5 6l6 6-6 6"/>`);
