"use strict";

// Charts of the web application, and forms that ask again when something else is chosen.
const app = (() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const COLOURS = ["--accent", "--grows", "--class-implicit", "--class-ambiguous", "--class-unmatched", "--shrinks"];

  // {"unit": "bytes", "time": true, "series": [["live heap", [..]], ..], "x": [..]}
  function chart(figure) {
    const told = JSON.parse(document.getElementById(`${figure.id}-data`).textContent);
    const axis = {stroke: css("--quiet"), grid: {stroke: css("--line")}, ticks: {stroke: css("--line")}};
    const shown = (_, value) => (value === null ? "" : units.readable(value, told.unit));
    const plot = new uPlot({
      width: figure.clientWidth,
      height: 240,
      scales: {x: {time: told.time}},
      axes: [{...axis}, {...axis, size: 84, values: (_, values) => values.map((value) => units.readable(value, told.unit))}],
      series: [
        {},
        ...told.series.map(([label], place) => ({
          label, stroke: css(COLOURS[place % COLOURS.length]), width: 1.5, value: shown, points: {show: told.x.length < 60},
        })),
      ],
    }, [told.x, ...told.series.map(([, values]) => values)], figure);
    addEventListener("resize", () => plot.setSize({width: figure.clientWidth, height: 240}));
    figure.dataset.state = "ready";
  }

  function start() {
    for (const figure of document.querySelectorAll("figure.chart")) chart(figure);
    for (const form of document.querySelectorAll("form.choose")) {
      form.addEventListener("change", () => form.requestSubmit());
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
