// Can this be sent? What is plainly missing or mistyped is said before anything is sent; the server has the last word.
import { t } from "/static/common/i18n.js";

const FEWEST_DIGITS = 5;

export function faultsOf({ name, phone, email }) {
  const faults = {};
  if (!/\p{L}/u.test(name)) faults.name = t("booking.name_missing");
  if (phone.replace(/\D/g, "").length < FEWEST_DIGITS) faults.phone = t("booking.phone_wrong");
  if (email && !/^\S+@\S+\.\S+$/.test(email)) faults.email = t("booking.email_wrong");
  return faults;
}
