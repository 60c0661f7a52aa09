"use strict";

// Values for people; the twin of readable() and its kin in units.py. A test compares the two.
const units = (() => {
  const SPACE = "\u00a0";
  const MINUS = "\u2212";
  const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
  const SECONDS = [[3600e9, "h"], [60e9, "min"], [1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
  const IN_NANOSECONDS = {nanoseconds: 1, microseconds: 1e3, milliseconds: 1e6, seconds: 1e9};
  const SILENT = ["", "count", "sample", "unit", "minimum", "auto"];

  function readableBytes(value) {
    let power = 0;
    while (power < BINARY.length - 1 && value >= 1023.95 * 1024 ** power) power++;
    const digits = power === 0 ? value.toFixed(0) : (value / 1024 ** power).toFixed(1);
    return digits + SPACE + BINARY[power];
  }

  function readableTime(nanoseconds) {
    const [factor, name] = SECONDS.find(([size]) => nanoseconds >= size) || SECONDS[SECONDS.length - 1];
    return (factor === 1 ? nanoseconds.toFixed(0) : (nanoseconds / factor).toFixed(2)) + SPACE + name;
  }

  function readable(value, unit) {
    if (value < 0) return MINUS + readable(-value, unit);
    if (unit === "bytes") return readableBytes(value);
    if (unit in IN_NANOSECONDS) return readableTime(value * IN_NANOSECONDS[unit]);
    const digits = Math.round(value).toLocaleString("en-US");
    return digits + (SILENT.includes(unit) ? "" : SPACE + unit);
  }

  const signed = (value, unit) => (value > 0 ? "+" : "") + readable(value, unit);

  const share = (ratio) => (ratio * 100).toFixed(1).replace("-", MINUS) + SPACE + "%";

  return {readable, signed, share};
})();
