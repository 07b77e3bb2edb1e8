"use strict";
// Draws the figures that the page carries, in the colours of the reader's scheme and for the printer.
(() => {
  const PRINT_WIDTH = 640; // CSS pixels that surely fit between the margins of A4 and Letter
  const PRINT_GAP = 20; // between two charts side by side on paper
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

  const printWidth = (box) => {
    const figure = box.closest("figure");
    const alone = figure.matches(":last-child:nth-child(odd)") || !figure.parentElement.matches(".charts");
    return alone ? PRINT_WIDTH : (PRINT_WIDTH - PRINT_GAP) / 2;
  };

  const draw = (scheme, onPaper) => {
    for (const box of boxes) {
      const { data, layout } = paint(read(box.dataset.figure), palettes[scheme], false);
      const size = onPaper ? { width: printWidth(box), autosize: false } : { autosize: true };
      Plotly.react(box, data, { ...layout, ...size, height: Number(box.dataset.height) }, CONFIG);
    }
  };
  const drawForScreen = () => draw(dark.matches ? "dark" : "light", false);

  document.documentElement.classList.add("scripted"); // the style sheet now makes room for charts
  drawForScreen();
  for (const box of boxes) {
    box.on("plotly_treemapclick", () => false); // there is no deeper level to zoom into
  }
  dark.addEventListener("change", drawForScreen);

  window.addEventListener("beforeprint", () => draw("light", true));
  window.addEventListener("afterprint", drawForScreen);
})();
