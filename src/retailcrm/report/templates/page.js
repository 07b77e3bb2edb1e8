"use strict";
// Draws the figures that the page carries, in the colours of the reader's scheme and for the printer.
(() => {
  const PRINT_WIDTH = 640; // CSS pixels that surely fit between the margins of A4 and Letter
  const CONFIG = { displayModeBar: false, doubleClick: false, responsive: true, showTips: false };
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const palettes = read("palettes");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const boxes = [...document.querySelectorAll("[data-figure]")];

  // Only values of colour settings are tokens: a customer segment may well be called "$ink".
  const paint = (node, palette, isColour) => {
    if (Array.isArray(node)) return node.map((item) => paint(item, palette, isColour));
    if (node !== null && typeof node === "object") {
      const painted = Object.entries(node).map(([key, value]) => [key, paint(value, palette, /colors?$/.test(key))]);
      return Object.fromEntries(painted);
    }
    return isColour && typeof node === "string" && node.startsWith("$") ? palette[node.slice(1)] : node;
  };

  const draw = (scheme, width) => {
    for (const box of boxes) {
      const { data, layout } = paint(read(box.dataset.figure), palettes[scheme], false);
      const size = width ? { width, autosize: false } : { autosize: true };
      Plotly.react(box, data, { ...layout, ...size, height: Number(box.dataset.height) }, CONFIG);
    }
  };
  const drawForScreen = () => draw(dark.matches ? "dark" : "light");

  document.documentElement.classList.add("scripted"); // the style sheet now makes room for charts
  drawForScreen();
  for (const box of boxes) {
    box.on("plotly_treemapclick", () => false); // there is no deeper level to zoom into
  }
  dark.addEventListener("change", drawForScreen);

  const folded = [...document.querySelectorAll("details")];
  let wereOpen = [];
  window.addEventListener("beforeprint", () => {
    wereOpen = folded.map((item) => item.open);
    for (const item of folded) item.open = true;
    draw("light", PRINT_WIDTH);
  });
  window.addEventListener("afterprint", () => {
    folded.forEach((item, i) => { item.open = wereOpen[i]; });
    drawForScreen();
  });
})();
