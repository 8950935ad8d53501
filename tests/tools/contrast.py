"""Whether all text on a page stands out from what is behind it, as WCAG 2 has it."""

FAINT_TEXT = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (colour) => {
    const [r, g, b] = rgb(colour).map((value) => value / 255)
      .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
    return "white";
  };
  const faint = new Set();
  const seen = { texts: 0, shapes: 0 };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.checkVisibility()) continue;
    if (node.closest("svg, script, select")) continue;
    seen.texts += 1;
    const found = ratio(getComputedStyle(node).color, behind(node));
    if (found < 4.5) faint.add(`${node.className} ${found.toFixed(2)} ${text.data}`);
  }
  for (const rect of document.querySelectorAll("svg rect:not(.track)")) {
    seen.shapes += 1;
    const found = ratio(getComputedStyle(rect).fill, behind(rect));
    if (found < 3) faint.add(`bar ${found.toFixed(2)}`);
  }
  return { faint: [...faint], seen };
}"""
