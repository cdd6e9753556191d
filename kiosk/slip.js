// Where does the paper end? A roll has no page height, and browsers know none without one: the slip's own is set.
const PX_PER_MM = 96 / 25.4;

async function cut() {
  await document.fonts.ready;
  const height = Math.ceil(document.body.getBoundingClientRect().height / PX_PER_MM) + 1;
  const sheet = Array.from(document.styleSheets).find(({ href }) => href.endsWith("/slip.css"));
  sheet.insertRule(`@page { size: 80mm ${height}mm; margin: 0; }`, sheet.cssRules.length);
  document.body.dataset.height = height;
  if (document.body.dataset.print === "auto") print();
}

if (document.readyState === "complete") cut();
else addEventListener("load", cut);
