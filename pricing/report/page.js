"use strict";
(() => {
  const root = document.documentElement;
  const all = (query, inside) => Array.from((inside || document).querySelectorAll(query));
  const figures = JSON.parse(document.getElementById("figures").textContent);

  // Theme: what the reader's system says, unless the reader says otherwise. A page opened from a file may have no storage.
  const system = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return localStorage.getItem("gpufin-theme"); } catch { return null; } };
  const isDark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  if (kept() === "dark" || kept() === "light") root.dataset.theme = kept();
  document.getElementById("theme").addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("gpufin-theme", root.dataset.theme); } catch { /* only this visit, then */ }
    paint();
  });
  system.addEventListener("change", () => paint());

  // Charts: text and grid take the colours of the page.
  const paper = { text: "#000000", soft: "#444444", line: "#cccccc", back: "#ffffff" };
  const colours = () => {
    const style = getComputedStyle(root);
    const of = (name) => style.getPropertyValue("--" + name).trim();
    return { text: of("text"), soft: of("soft"), line: of("line"), back: of("back") };
  };
  const dressed = (layout, c) => {
    const family = getComputedStyle(document.body).fontFamily;
    const out = Object.assign({}, layout, {
      font: { family, size: 12.5, color: c.text },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { bgcolor: c.back, bordercolor: c.soft, font: { family, size: 12.5, color: c.text } },
    });
    for (const name of new Set([...Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key)), "xaxis", "yaxis"])) {
      out[name] = Object.assign(
        { automargin: true, gridcolor: c.line, zerolinecolor: c.soft, linecolor: c.line, tickcolor: c.line, zerolinewidth: 1 }, layout[name]);
    }
    if (layout.annotations) out.annotations = layout.annotations.map((one) => Object.assign({}, one, { font: { size: 12, color: c.soft } }));
    return out;
  };
  let plotly = null;
  const seen = (div) => !div.closest("[hidden]") && !div.closest("details:not([open])");
  const draw = (div, c) => {
    const figure = figures[div.dataset.figure];
    return plotly.react(div, figure.data, dressed(figure.layout, c), { displayModeBar: false, responsive: true, showLink: false })
      .then(() => { div.dataset.drawn = "yes"; });
  };
  const paint = (c) => (plotly ? Promise.all(all(".chart").filter(seen).map((div) => draw(div, c || colours()))) : Promise.resolve());
  const undrawn = (why) => all(".chart").forEach((div) => {
    div.style.height = "auto";
    div.innerHTML = '<p class="undrawn"></p>';
    div.firstChild.textContent = "The chart could not be drawn (" + why + "); its numbers stand in the table below.";
  });
  const unpack = async (packed) => {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  };
  const start = async () => {
    const holder = document.getElementById("plotly");
    if (!holder) return;
    try {
      await unpack(holder.textContent);
      plotly = window.Plotly;
      await paint();
    } catch (error) {
      undrawn(typeof DecompressionStream === "undefined" ? "this browser is too old" : String(error));
    }
    root.dataset.ready = "yes";
  };
  addEventListener("beforeprint", () => paint(paper));
  addEventListener("afterprint", () => paint());

  // Panels.
  all("[data-show]").forEach((button) => button.addEventListener("click", () => {
    const group = button.dataset.show.replace(/-\d+$/, "-");
    all("[data-show]").filter((one) => one.dataset.show.startsWith(group)).forEach((one) => {
      const chosen = one === button;
      one.setAttribute("aria-pressed", String(chosen));
      document.getElementById(one.dataset.show).hidden = !chosen;
    });
    paint();
  }));

  // Tables: a click on a column sorts by it, numbers by value; a second click turns the order round; empty cells stay last.
  all("thead button").forEach((button) => button.addEventListener("click", () => {
    const head = button.closest("th"), body = button.closest("table").tBodies[0], at = head.cellIndex;
    const up = head.getAttribute("aria-sort") !== "ascending";
    all("th", head.parentNode).forEach((one) => one.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = (row) => { const cell = row.cells[at]; return "v" in cell.dataset ? Number(cell.dataset.v) : cell.textContent; };
    const empty = (row) => row.cells[at].textContent === "";
    const compare = (one, other) => {
      if (empty(one) || empty(other)) return empty(one) - empty(other);
      const a = key(one), b = key(other);
      const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
      return up ? order : -order;
    };
    body.append(...Array.from(body.rows).sort(compare));
  }));

  start();
})();
