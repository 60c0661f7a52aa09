"use strict";

// Opens and closes the rows below the sites, and filters them. Without this script all rows are open.
const report = (() => {
  const rowsOf = (table) => [...table.querySelectorAll("tbody[id]")];
  const moreOf = (body) => body.querySelector("tr.more");

  function open(body, isOpen) {
    moreOf(body).hidden = !isOpen;
    body.querySelector("button[aria-controls]").setAttribute("aria-expanded", String(isOpen));
  }

  function startTable(table) {
    const bodies = rowsOf(table);
    const tools = table.closest("section").querySelector(".table-tools");
    const unfold = tools.querySelector(".unfold"), filter = tools.querySelector(".filter");
    for (const body of bodies) {
      open(body, false);
      body.querySelector("tr").addEventListener("click", (event) => {
        // Text that was just selected is not a click.
        if (getSelection().isCollapsed || event.target.closest("button")) open(body, moreOf(body).hidden);
      });
    }
    unfold.addEventListener("click", () => {
      const isOpening = unfold.textContent === "Open all";
      bodies.forEach((body) => open(body, isOpening));
      unfold.textContent = isOpening ? "Close all" : "Open all";
    });
    filter.addEventListener("input", () => {
      const wanted = filter.value.trim().toLowerCase();
      for (const body of bodies) body.hidden = !body.textContent.toLowerCase().includes(wanted);
    });
  }

  function openTarget() {
    const body = location.hash.startsWith("#site-") && document.getElementById(location.hash.slice(1));
    if (body && moreOf(body)) { open(body, true); body.scrollIntoView({block: "center"}); }
  }

  function start() {
    const tables = [...document.querySelectorAll("table.growth")];
    tables.forEach(startTable);
    openTarget();
    addEventListener("hashchange", openTarget);
    let closed = [];
    addEventListener("beforeprint", () => {
      // On paper only what explains something is worth its lines.
      closed = tables.flatMap(rowsOf).filter((body) => moreOf(body).hidden && body.querySelector(".flow"));
      closed.forEach((body) => open(body, true));
    });
    addEventListener("afterprint", () => closed.forEach((body) => open(body, false)));
    document.documentElement.dataset.report = "ready";
  }

  return {start};
})();

report.start();
