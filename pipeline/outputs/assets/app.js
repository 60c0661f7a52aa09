"use strict";

// Charts of the web application, and forms that ask again when something else is chosen.
const app = (() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const COLOURS = ["--accent", "--grows", "--class-implicit", "--class-ambiguous", "--class-unmatched", "--shrinks"];

  // Of lines upon each other something is seen of each.
  const DASHES = [[], [15, 5], [11, 9], [8, 12], [5, 15], [2, 18]];

  const WINDOWS = ["--accent", "--grows"];

  const OF_KIND = ["type", "build", "instance", "against", "against_instance"];
  const OF_SERIES = ["from", "to", "profile", "base", "base_from", "base_series", ...OF_KIND, "process", "memory"];
  const BELOW = {service: ["series", "kind", ...OF_SERIES], kind: OF_KIND, series: OF_SERIES, base_series: ["base", "base_from"], process: ["memory"],
    trace: ["from", "to", "function", "page"], show: ["function", "page"], order: ["page"], function: ["page"]};

  // Steps of an axis in bytes: round in the unit that is written.
  const BYTE_STEPS = [0, 1, 2, 3, 4, 5].flatMap((power) => [1, 2, 5, 10, 20, 50, 100, 200, 500].map((step) => step * 1024 ** power));
  const WHOLE_STEPS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));
  const DAY = "\n{YYYY}-{MM}-{DD}";
  // uPlot's table: from which step on, what is written, and what below it where the year, the day or the minute is another.
  const TIMES = [
    [3600 * 24 * 365, "{YYYY}", null, null, null, null, null, null, 1],
    [3600 * 24, "{MM}-{DD}", "\n{YYYY}", null, null, null, null, null, 1],
    [60, "{HH}:{mm}", DAY, null, DAY, null, null, null, 1],
    [1, ":{ss}", `${DAY} {HH}:{mm}`, null, `${DAY} {HH}:{mm}`, null, "\n{HH}:{mm}", null, 1],
    [0.001, ":{ss}.{fff}", `${DAY} {HH}:{mm}`, null, `${DAY} {HH}:{mm}`, null, "\n{HH}:{mm}", null, 1],
  ];

  // Bars stand beside each other, with room at both ends.
  function bars(told) {
    const name = (place) => told.labels[place] ?? "";
    // Of a Go name the end says more.
    const brief = (text) => { const end = text.slice(text.lastIndexOf("/") + 1); return end.length > 16 ? `${end.slice(0, 15)}…` : end; };
    return {
      scale: {time: false, range: (_, low, high) => [low - 0.6, high + 0.6]},
      axis: {
        grid: {show: false}, incrs: WHOLE_STEPS, space: told.labels.length ? 110 : 40,
        values: (_, places) => places.map((place) => (told.labels.length ? brief(name(place)) : place)),
      },
      legend: {label: "row", value: (_, place) => (place == null ? "" : name(place) || place)},
      series: (place, of) => ({
        fill: css(COLOURS[place % COLOURS.length]),
        points: {show: false},
        paths: uPlot.paths.bars({align: 1, disp: {
          x0: {unit: 1, values: () => told.x.map((x) => x - 0.4 + place * 0.8 / of)},
          size: {unit: 1, values: () => [0.8 / of]},
        }}),
      }),
    };
  }

  // {"unit": "bytes", "time": true, "series": [["live heap", [..]], ..], "x": [..]}; "kind": "bars" with "labels" of rows.
  function lines(told) {
    return {
      scale: {time: told.time},
      // There is no half of a cycle.
      axis: told.time ? {values: TIMES} : {label: told.across, labelSize: 18, labelFont: "12px system-ui, sans-serif",
        ...(told.x.every(Number.isInteger) ? {incrs: WHOLE_STEPS} : {})},
      legend: told.time ? {label: "UTC", value: "{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}"} : {label: told.across || "at"},
      series: () => ({points: {show: told.x.length < 60}, spanGaps: true}),
    };
  }

  // What is zoomed to or searched for stays, whatever else is chosen.
  function submit(form) {
    form.action = form.getAttribute("action").split("#")[0] + location.hash;
    // The same as in a link, whose page may be made already.
    for (const one of form.elements) if (one.name && one.value === "") one.disabled = true;
    form.requestSubmit();
  }

  // The profiles next to both ends of what is dragged over; not one alone.
  function chooseWindow(form, plot, told) {
    if (plot.select.width < 4) return;
    const ends = [plot.select.left, plot.select.left + plot.select.width].map((at) => plot.posToIdx(at));
    const place = document.querySelector("fieldset.drag input:checked")?.value || 0;
    const [from, to] = told.windows ? told.windows[place][1] : ["from", "to"];
    // Growth is between two; a span of time can be of one profile.
    if (ends[0] === ends[1] && !told.windows) ends[ends[1] + 1 < told.ids.length ? 1 : 0] += ends[1] + 1 < told.ids.length ? 1 : -1;
    fill(form, from, ends[0] === ends[1] ? "" : told.ids[ends[0]]);
    fill(form, to, told.ids[ends[1]]);
    submit(form);
  }

  function fill(form, name, value) {
    if (!form.elements[name]) {
      const field = document.createElement("input");
      Object.assign(field, {type: "hidden", name});
      form.append(field);
    }
    form.elements[name].value = value;
  }

  function showWindow(plot, told) {
    const [left, right] = told.window.map((id) => plot.valToPos(told.x[told.ids.indexOf(id)], "x"));
    plot.setSelect({left, width: right - left, top: 0, height: plot.over.clientHeight}, false);
  }

  // Each of several windows in its colour, below what is drawn.
  function shadeWindows(plot, told) {
    const {ctx, bbox} = plot;
    told.windows.forEach(([, , ends], place) => {
      if (!ends) return;
      const [left, right] = ends.map((id) => plot.valToPos(told.x[told.ids.indexOf(id)], "x", true));
      ctx.save();
      ctx.fillStyle = css(WINDOWS[place]);
      ctx.globalAlpha = 0.22;
      ctx.fillRect(left - 2, bbox.top, right - left + 4, bbox.height);
      ctx.restore();
    });
  }

  function drawn(figure, told) {
    const kind = told.kind === "bars" ? bars(told) : lines(told);
    const line = {stroke: css("--line"), width: 1};
    const axis = {stroke: css("--quiet"), grid: line, ticks: line};
    const shown = (_, value) => (value == null ? "" : units.readable(value, told.unit));
    const form = document.querySelector("form.choose");
    return new uPlot({
      ...(told.ids ? {
        cursor: {drag: {setScale: false, x: true, y: false}},
        hooks: {
          setSelect: [(plot) => chooseWindow(form, plot, told)],
          // After every change of size as well.
          drawClear: [(plot) => { if (told.windows) shadeWindows(plot, told); else if (told.window) showWindow(plot, told); }],
        },
      } : {}),
      width: figure.clientWidth,
      height: 240,
      // The page tells times in UTC, and so does its chart.
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      // What is measured from nothing is drawn from nothing.
      scales: {x: kind.scale, y: {range: (_, low, high) => [Math.min(low, 0), Math.max(high, 0) * 1.05 || 1]}},
      axes: [
        {...axis, ...kind.axis},
        {...axis, size: 84, ...(told.unit === "bytes" ? {incrs: BYTE_STEPS} : {}),
          values: (_, values) => values.map((value) => units.readable(value, told.unit))},
      ],
      legend: {markers: {dash: (_, place) => (place > COLOURS.length ? "dashed" : "solid")}},
      series: [
        kind.legend,
        ...told.series.map(([label], place) => ({
          label, stroke: css(COLOURS[place % COLOURS.length]), width: 1.5, value: shown,
          dash: DASHES[Math.min(told.layers?.[place] ?? 0, DASHES.length - 1)], ...kind.series(place, told.series.length),
        })),
      ],
    }, [told.x, ...told.series.map(([, values]) => values)], figure);
  }

  function chart(figure) {
    const told = JSON.parse(document.getElementById(`${figure.id}-data`).textContent);
    let plot = drawn(figure, told);
    const fit = () => plot.setSize({width: figure.clientWidth, height: 240});
    new ResizeObserver(fit).observe(figure);
    // Paper is as wide as page.css has it; nothing is observed while it is printed.
    for (const event of ["beforeprint", "afterprint"]) {
      addEventListener(event, () => { document.documentElement.classList.toggle("paper", event === "beforeprint"); fit(); });
    }
    // Colours are drawn, not styled.
    matchMedia("screen and (prefers-color-scheme: dark)").addEventListener("change", () => { plot.destroy(); plot = drawn(figure, told); });
    figure.dataset.state = "ready";
  }

  // Of lists the rows with a text, and no heading of none.
  function leave(wanted) {
    for (const section of document.querySelectorAll("section.filtered")) {
      const rows = [...section.querySelectorAll("tbody tr")];
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
      section.hidden = rows.every((row) => row.hidden);
    }
  }

  function start() {
    for (const figure of document.querySelectorAll("figure.chart")) {
      const details = figure.closest("details");
      if (!details || details.open) { chart(figure); continue; }
      // What is closed has no size to be drawn in.
      details.addEventListener("toggle", () => chart(figure), {once: true});
      figure.dataset.state = "ready";
    }
    for (const form of document.querySelectorAll("form.choose")) {
      form.addEventListener("change", (event) => {
        // What is chosen of one series is not there in another.
        for (const name of BELOW[event.target.name] || []) if (form.elements[name]) form.elements[name].disabled = true;
        submit(form);
      });
      // After a step back in the history.
      addEventListener("pageshow", () => { for (const one of form.elements) one.disabled = false; });
    }
    for (const filter of document.querySelectorAll("main > p > input.filter")) {
      filter.addEventListener("input", () => leave(filter.value.trim().toLowerCase()));
    }
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.defaultPrevented || event.target.closest("input, textarea, select")) return;
      const search = document.querySelector("main input[type=search], main textarea");
      if (!search) return;
      event.preventDefault();
      search.focus();
    });
    for (const select of document.querySelectorAll("form.ask select")) {
      select.addEventListener("change", () => { if (select.form.elements.q.value.trim()) select.form.requestSubmit(); });
    }
    for (const area of document.querySelectorAll("textarea.query")) {
      area.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) area.form.requestSubmit();
      });
    }
    document.documentElement.dataset.app = "ready";
  }

  return {start};
})();

app.start();
