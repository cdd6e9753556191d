// What will the next hour be like? The right-hand side of the hall administrator's page.
import { nothing } from "lit-html";

// The hall is in `desk.board` (state.js); `update()` draws the page again.
export const forecastView = () => nothing;
