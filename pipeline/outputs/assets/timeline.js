"use strict";

// The timeline of a trace on a canvas. The server adds up times by pixel (warehouse/timeline.py) and gives them in tiles of powers of
// two of nanoseconds a pixel; a tile becomes a picture once, so that a frame of moving about is a few pictures and some text.
const timeline = (() => {
  const AXIS = 22, HEAP = 44, CROWD = 40;               // heights in CSS pixels of what stays on top
  const RANGE = 14, PROC = 24, LANE = 18, GAP = 2;
  const PICTURES_BYTES = 96 << 20, TILES = 256, AT_A_TIME = 4;
  const TEXT_FROM = 46;
  const FONT = '12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';
  const STATES = ["running", "runnable", "syscall", "waiting"];
  const LIGHT = {states: ["#2e8b57", "#e08a1e", "#7a5fc0", "#c9ced6"], proc: ["", "#aeb6c1", "#eceef1"], range: "#b3430b"};
  const DARK = {states: ["#3fae72", "#d98f36", "#9b84e0", "#454c56"], proc: ["", "#6a737e", "#23282e"], range: "#f2965b"};

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const time = (ns) => (ns ? units.readable(ns, "nanoseconds") : "0");
  const within = (value, low, high) => Math.max(low, Math.min(high, value));
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  // The part of a Go name people say.
  const brief = (name) => { const bracket = name.indexOf("["); return name.slice(name.lastIndexOf("/", bracket < 0 ? name.length : bracket) + 1); };

  // ---- tiles --------------------------------------------------------------------------------------------------

  // See outputs/timeline.py.
  function unpack(buffer) {
    const size = new DataView(buffer).getUint32(0, true);
    const about = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
    const kinds = {float64: Float64Array, float32: Float32Array, int32: Int32Array, uint8: Uint8Array};
    const found = {};
    let at = 4 + size;
    for (const [name, kind, count] of about) {
      found[name] = new kinds[kind](buffer, at, count);
      at += count * kinds[kind].BYTES_PER_ELEMENT;
    }
    return found;
  }

  // What is asked for is what is looked at last: each change of the view says anew what it wants, most wanted first.
  class Tiles {
    constructor(told, arrived) {
      Object.assign(this, {told, arrived, kept: new Map(), wanted: [], asked: new Set(), failed: ""});
    }

    static key(level, index) { return `${level}/${index}`; }

    get(level, index) {
      const key = Tiles.key(level, index), found = this.kept.get(key);
      // The last used is the last to go.
      if (found) { this.kept.delete(key); this.kept.set(key, found); }
      return found;
    }

    want(places) {
      this.wanted = places.filter(([level, index]) => index >= 0 && index * this.told.pixels * 2 ** level <= this.told.duration
        && !this.kept.has(Tiles.key(level, index)) && !this.asked.has(Tiles.key(level, index)));
      this.ask();
    }

    ask() {
      while (this.wanted.length && this.asked.size < AT_A_TIME) {
        const [level, index] = this.wanted.shift();
        this.fetch(level, index);
      }
    }

    async fetch(level, index) {
      const key = Tiles.key(level, index);
      this.asked.add(key);
      try {
        const answer = await fetch(`/timeline/tile?${this.told.address}&level=${level}&index=${index}`);
        if (!answer.ok) throw new Error(await answer.text());
        this.kept.set(key, unpack(await answer.arrayBuffer()));
        for (const old of this.kept.keys()) if (this.kept.size > TILES) this.kept.delete(old);
        this.failed = "";
      } catch (error) {
        this.failed = String(error.message || error).trim();
      }
      this.asked.delete(key);
      this.arrived();
      if (!this.failed) this.ask();
    }
  }

  // ---- pictures -----------------------------------------------------------------------------------------------

  const packed = (colour) => {
    const [, r, g, b] = /^#(..)(..)(..)$/.exec(colour).map((part) => parseInt(part, 16));
    return (255 << 24 | b << 16 | g << 8 | r) >>> 0;
  };

  function hsl(hue, saturation, lightness) {
    const part = (n) => {
      const k = (n + hue / 30) % 12;
      const value = lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
      return Math.round(value * 255).toString(16).padStart(2, "0");
    };
    return `#${part(0)}${part(8)}${part(4)}`;
  }

  class Palette {
    constructor(told, isDark) {
      const own = isDark ? DARK : LIGHT;
      this.surface = css("--surface"); this.raised = css("--raised"); this.line = css("--line");
      this.ink = css("--ink"); this.quiet = css("--quiet"); this.accent = css("--accent");
      this.states = own.states;
      this.text = isDark ? "#f1f3f5" : "#1b1f24";
      this.range = packed(own.range);
      this.packedStates = own.states.map(packed);
      this.procs = own.proc.map((colour) => (colour ? packed(colour) : 0));
      // A function has the same colour in every trace.
      this.functions = told.functions.map((name) => {
        let hash = 7;
        for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) >>> 0;
        return packed(hsl(hash % 360, 0.45 + (hash >>> 9) % 20 / 100, isDark ? 0.34 + (hash >>> 14) % 8 / 100 : 0.68 + (hash >>> 14) % 10 / 100));
      });
      this.unknown = packed(own.states[0]);
    }
  }

  // A column of a picture, from the bottom: each part as high as its share of 255, and a pixel at least.
  function column(words, width, x, top, height, parts, colours) {
    let y = top + height;
    for (let i = 0; i < parts.length; i++) {
      if (!parts[i]) continue;
      const end = Math.max(top, y - Math.max(1, Math.round(parts[i] * height / 255)));
      while (y > end) words[--y * width + x] = colours[i];
    }
  }

  function picture(told, tile, palette, height) {
    const width = told.pixels, data = new ImageData(width, height), words = new Uint32Array(data.data.buffer);
    let top = 0;
    for (let lane = 0; lane < told.ranges.length; lane++, top += RANGE) {
      for (let x = 0; x < width; x++) column(words, width, x, top, RANGE - GAP, [tile.ranges[lane * width + x]], [palette.range]);
    }
    const colours = [0, palette.procs[1], palette.procs[2]];
    for (let lane = 0; lane < told.procs.length; lane++, top += PROC) {
      for (let x = 0; x < width; x++) {
        const cell = lane * width + x, run = tile.runs[cell];
        colours[0] = run < 0 ? palette.unknown : palette.functions[run];
        column(words, width, x, top, PROC - GAP, tile.procs.subarray(cell * 3, cell * 3 + 3), colours);
      }
    }
    for (let lane = 0; lane < told.lanes.length; lane++, top += LANE) {
      for (let x = 0; x < width; x++) {
        const cell = (lane * width + x) * 4;
        column(words, width, x, top, LANE - GAP, tile.lanes.subarray(cell, cell + 4), palette.packedStates);
      }
    }
    const canvas = new OffscreenCanvas(width, Math.max(height, 1));
    canvas.getContext("2d").putImageData(data, 0, 0);
    return canvas;
  }

  // Functions that fill a proc long enough for a name: [proc, first pixel, last pixel, function].
  function names(told, tile) {
    const found = [], width = told.pixels;
    for (let proc = 0; proc < told.procs.length; proc++) {
      for (let x = 0, start = 0; x < width; x = start) {
        const run = tile.runs[proc * width + x];
        start = x + 1;
        while (start < width && tile.runs[proc * width + start] === run) start++;
        if (run >= 0 && (start - x >= 20 || x === 0 || start === width)) found.push([proc, x, start, run]);
      }
    }
    return found;
  }

  // ---- the view -----------------------------------------------------------------------------------------------

  class View {
    constructor(figure, told) {
      Object.assign(this, {figure, told, since: told.since, until: told.until, lane: -1, chosen: null, pointers: new Map()});
      this.coarsest = told.finest;
      while (told.pixels * 2 ** this.coarsest < told.duration) this.coarsest++;
      this.body = told.ranges.length * RANGE + told.procs.length * PROC + told.lanes.length * LANE;
      this.pictures = new Map();
      this.tiles = new Tiles(told, () => this.redraw());
      this.parts = this.build();
      this.context = this.parts.canvas.getContext("2d");
      this.dark = matchMedia("screen and (prefers-color-scheme: dark)");
      this.dress();
      this.dark.addEventListener("change", () => { this.dress(); this.draw(); });
      this.listen();
      new ResizeObserver(() => this.layOut()).observe(this.parts.scroll);
      this.layOut();
    }

    build() {
      const {told, figure} = this;
      const button = (text, label, act) => {
        const made = element("button", {type: "button", "aria-label": label, title: label}, text);
        made.addEventListener("click", act);
        return made;
      };
      const bar = element("div", {class: "timeline-bar"},
        button("+", "Zoom in", () => this.zoom(0.5)), button("−", "Zoom out", () => this.zoom(2)),
        button("←", "Earlier", () => this.move(-0.5)), button("→", "Later", () => this.move(0.5)),
        button("All", "Show all of the trace", () => this.show(0, told.duration)),
        element("span", {class: "timeline-window", "aria-live": "polite"}));
      const legend = element("p", {class: "timeline-legend quiet"}, ...STATES.map((state, place) =>
        element("span", {}, element("i", {class: `timeline-${place}`, "aria-hidden": "true"}), state)), "procs by function");
      const canvas = element("canvas", {
        tabindex: "0", role: "application", "aria-roledescription": "timeline",
        "aria-label": `Timeline of ${told.lanes.length} lanes. W and S zoom, A and D move, arrow up and down choose a lane, Enter tells what it does; the table below has the same times.`,
      });
      const space = element("div", {}, canvas), scroll = element("div", {class: "timeline-scroll"}, space);
      const status = element("p", {class: "timeline-status"});
      const detail = element("section", {class: "timeline-detail", "aria-live": "polite", "aria-label": "What was chosen", hidden: ""});
      figure.append(bar, scroll, status, legend, detail);
      return {bar, canvas, space, scroll, status, detail, window: bar.lastChild};
    }

    dress() {
      this.palette = new Palette(this.told, this.dark.matches);
      this.pictures.clear();
    }

    layOut() {
      const {scroll, space, canvas} = this.parts, ratio = devicePixelRatio || 1;
      this.head = AXIS + (this.told.heap ? HEAP : 0) + CROWD;
      space.style.height = `${this.head + this.body}px`;
      this.width = scroll.clientWidth;
      this.height = Math.min(scroll.clientHeight, this.head + this.body);
      this.names = Math.round(within(this.width * 0.24, 84, 240));
      this.plot = Math.max(this.width - this.names, 1);
      canvas.style.height = `${this.height}px`;
      canvas.width = Math.round(this.width * ratio);
      canvas.height = Math.round(this.height * ratio);
      this.ratio = ratio;
      this.show(this.since, this.until);
      this.draw();
    }

    redraw() {
      if (this.waiting) return;
      this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.draw(); });
    }

    // -- moving about

    show(since, until) {
      const {duration, finest} = this.told;
      const span = within(until - since, Math.min(this.plot * 2 ** finest, duration), duration);
      // What is too short or too long stays where its middle is.
      const start = within((since + until - span) / 2, 0, duration - span);
      Object.assign(this, {since: start, until: start + span});
      this.wantTiles();
      this.redraw();
      clearTimeout(this.resting);
      this.resting = setTimeout(() => this.rest(), 300);
    }

    scale() { return (this.until - this.since) / this.plot || 1; }

    level() { return within(Math.floor(Math.log2(this.scale())), this.told.finest, this.coarsest); }

    zoom(factor, x = this.plot / 2) {
      const at = this.since + x * this.scale(), span = within((this.until - this.since) * factor, this.plot * 2 ** this.told.finest, this.told.duration);
      const since = at - x / this.plot * span;
      this.show(since, since + span);
    }

    move(share) {
      const by = within((this.until - this.since) * share, -this.since, this.told.duration - this.until);
      this.show(this.since + by, this.until + by);
    }

    span(level) { return this.told.pixels * 2 ** level; }

    // First what is seen, then what one comes to next.
    wantTiles() {
      const level = this.level(), of = (moment, at) => Math.floor(moment / this.span(at));
      const wanted = [[this.coarsest, 0]];
      const first = of(this.since, level), last = of(this.until, level);
      for (let index = first; index <= last; index++) wanted.push([level, index]);
      for (let step = 1; step <= 2; step++) wanted.push([level, last + step], [level, first - step]);
      if (level < this.coarsest) for (let index = of(this.since, level + 1); index <= of(this.until, level + 1); index++) wanted.push([level + 1, index]);
      const middle = (this.since + this.until) / 2;
      if (level > this.told.finest) wanted.push([level - 1, of(middle, level - 1)]);
      this.tiles.want(wanted);
    }

    // Nobody moves any more: what is in the address and the table is what is seen.
    async rest() {
      const {told} = this, since = Math.round(this.since), until = Math.round(this.until);
      const address = new URL(location.href);
      for (const [name, value] of [["from", since], ["to", until]]) {
        address.searchParams.set(name, value);
        for (const input of document.querySelectorAll(`form.choose input[name=${name}]`)) input.value = value;
      }
      history.replaceState(null, "", address);
      this.parts.window.textContent = `${time(until - since)} from ${time(since)} of ${time(told.duration)}`;
      if (since === this.told.since && until === this.told.until) return;
      const asked = (this.asked = {});
      const found = await this.answer(`/timeline/window.json?${told.address}&from=${since}&to=${until}`);
      if (!found || this.asked !== asked) return;
      Object.assign(told, {since, until});
      fillTables(found);
      this.figure.dataset.table = `${since}-${until}`;
    }

    // What the server says; null when it does not, and then the page says why.
    async answer(address) {
      try {
        const answer = await fetch(address);
        if (answer.ok) return await answer.json();
        this.parts.status.textContent = (await answer.text()).trim();
      } catch (error) {
        this.parts.status.textContent = String(error.message || error);
      }
      return null;
    }

    // -- drawing

    pictureOf(level, index) {
      const key = Tiles.key(level, index);
      let found = this.pictures.get(key);
      if (!found) {
        const tile = this.tiles.get(level, index);
        if (!tile) return null;
        found = {tile, names: names(this.told, tile), canvas: picture(this.told, tile, this.palette, this.body)};
        const most = Math.max(8, Math.floor(PICTURES_BYTES / (this.told.pixels * Math.max(this.body, 1) * 4)));
        for (const old of this.pictures.keys()) if (this.pictures.size >= most) this.pictures.delete(old);
      }
      this.pictures.delete(key);
      this.pictures.set(key, found);
      return found;
    }

    // Pieces of the window, each with the finest picture that is there: its own, or part of a coarser one.
    pieces() {
      const level = this.level(), span = this.span(level), found = [];
      let missing = 0;
      for (let index = Math.floor(this.since / span); index * span < this.until; index++) {
        for (let above = level; above <= this.coarsest; above++) {
          const at = Math.floor(index / 2 ** (above - level)), kept = this.pictureOf(above, at);
          if (!kept) continue;
          const pixel = 2 ** above, from = (index * span - at * this.span(above)) / pixel;
          found.push({...kept, level: above, begin: at * this.span(above), pixel, from, pixels: span / pixel, start: index * span, isOwn: above === level});
          if (above > level) missing++;
          break;
        }
        if (!found.length || found[found.length - 1].start !== index * span) missing++;
      }
      return [found, missing];
    }

    x(moment) { return this.names + (moment - this.since) / this.scale(); }

    draw() {
      const {context, palette, parts, width, height, head} = this;
      if (!width) return;
      context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      context.fillStyle = palette.surface;
      context.fillRect(0, 0, width, height);
      context.font = FONT;
      context.textBaseline = "middle";
      this.letter = this.letter || context.measureText("m").width;
      const [pieces, missing] = this.pieces(), top = head - parts.scroll.scrollTop;
      context.save();
      context.beginPath();
      context.rect(this.names, head, this.plot, height - head);
      context.clip();
      for (const piece of pieces) {
        const left = this.x(piece.start), wide = piece.pixels * piece.pixel / this.scale();
        context.imageSmoothingEnabled = piece.pixel <= this.scale();
        if (this.body) context.drawImage(piece.canvas, piece.from, 0, piece.pixels, this.body, left, top, wide, this.body);
      }
      this.drawTexts(pieces, top);
      this.drawChosen(top);
      context.restore();
      this.drawNames(top);
      this.drawHead(pieces);
      this.figure.dataset.state = missing && !this.tiles.failed ? "waiting" : "ready";
      Object.assign(this.figure.dataset, {level: String(this.level()), from: String(Math.round(this.since)), to: String(Math.round(this.until))});
      if (this.tiles.failed) parts.status.textContent = this.tiles.failed;
    }

    fitted(text, width) {
      const letters = Math.floor(width / this.letter);
      if (text.length <= letters) return text;
      const short = brief(text);
      return short.length <= letters ? short : letters >= 3 ? short.slice(0, letters - 1) + "…" : "";
    }

    drawTexts(pieces, top) {
      const {context, told} = this, first = top + told.ranges.length * RANGE;
      context.fillStyle = this.palette.text;
      const write = ({proc, run, left, right}) => {
        const y = first + proc * PROC, from = Math.max(left, this.names), wide = Math.min(right, this.width) - from;
        if (y > this.height || y + PROC < this.head || wide < TEXT_FROM) return;
        context.fillText(this.fitted(told.functions[run] || "(unknown)", wide - 8), from + 4, y + (PROC - GAP) / 2);
      };
      // What goes on from one tile to the next is named once.
      const open = new Map();
      for (const piece of pieces) {
        const end = piece.start + piece.pixels * piece.pixel;
        for (const [proc, start, stop, run] of piece.names) {
          const left = this.x(Math.max(piece.begin + start * piece.pixel, piece.start)), right = this.x(Math.min(piece.begin + stop * piece.pixel, end));
          if (right <= left) continue;
          const before = open.get(proc);
          if (before && before.run === run && left - before.right < 1) { before.right = right; continue; }
          if (before) write(before);
          open.set(proc, {proc, run, left, right});
        }
      }
      for (const last of open.values()) write(last);
    }

    drawNames(top) {
      const {context, palette, told, names, head, height} = this;
      context.save();
      context.beginPath();
      context.rect(0, head, this.width, height - head);
      context.clip();
      const row = (place, y, tall, text) => {
        if (y > height || y + tall < head) return;
        if (place === this.lane) {
          context.strokeStyle = palette.accent;
          context.lineWidth = 1.5;
          context.strokeRect(1, y - 0.5, this.width - 2, tall - GAP + 1);
        }
        context.fillStyle = palette.ink;
        const space = text.indexOf(" "), end = text.slice(space + 1), letters = Math.floor((names - 10) / this.letter);
        // Of a goroutine first its number, then as much as fits of what it was started with.
        const shown = place < this.firstLane() || space < 0 || !told.ids.length ? this.fitted(text, names - 10)
          : `${text.slice(0, space)} ${this.fitted(end, (letters - space - 1) * this.letter)}`;
        context.fillText(shown, 4, y + (tall - GAP) / 2);
      };
      let place = 0, y = top;
      for (const name of told.ranges) { row(place++, y, RANGE, name); y += RANGE; }
      for (const proc of told.procs) { row(place++, y, PROC, `proc ${proc}`); y += PROC; }
      for (const lane of told.lanes) { row(place++, y, LANE, lane); y += LANE; }
      context.restore();
    }

    drawHead(pieces) {
      const {context, palette, told, names, width, head} = this;
      const scale = this.scale(), step = steps(scale * 110);
      context.textAlign = "left";
      context.lineWidth = 1;
      for (let tick = Math.ceil(this.since / step) * step; tick <= this.until; tick += step) {
        const x = Math.round(this.x(tick)) + 0.5;
        context.strokeStyle = palette.line;
        context.beginPath();
        context.moveTo(x, AXIS - 6);
        context.lineTo(x, head);
        context.stroke();
        context.fillStyle = palette.quiet;
        if (x + 60 < width) context.fillText(moment(tick, step), x + 3, AXIS / 2);
      }
      context.save();
      context.beginPath();
      context.rect(names, AXIS, this.plot, head - AXIS);
      context.clip();
      if (told.heap) this.drawHeap(pieces);
      this.drawCrowd(pieces);
      context.restore();
      context.fillStyle = palette.ink;
      if (told.heap) {
        context.fillText(this.fitted("heap, goal", names - 10), 4, AXIS + 12);
        context.fillStyle = palette.quiet;
        context.fillText(this.fitted(units.readable(told.heap, "bytes"), names - 10), 4, AXIS + 28);
      }
      context.fillStyle = palette.ink;
      context.fillText(this.fitted("goroutines at work", names - 10), 4, head - CROWD + 12);
      context.fillStyle = palette.quiet;
      context.fillText(this.fitted(`up to ${this.crowd < 10 ? Math.round(this.crowd * 10) / 10 : Math.round(this.crowd)}`, names - 10), 4, head - CROWD + 28);
      context.strokeStyle = palette.line;
      context.strokeRect(0, head - 0.5, width, 0);
    }

    // Every pixel of the pieces that is seen: act(piece, pixel, x).
    each(pieces, act) {
      for (const piece of pieces) {
        const first = Math.max(piece.from, Math.floor((this.since - piece.begin) / piece.pixel));
        const last = Math.min(piece.from + piece.pixels, Math.ceil((this.until - piece.begin) / piece.pixel));
        for (let pixel = Math.floor(first); pixel < last; pixel++) act(piece, pixel, this.x(piece.begin + pixel * piece.pixel));
      }
    }

    drawHeap(pieces) {
      const {context, palette, told} = this, bottom = AXIS + HEAP - 3, high = HEAP - 8;
      [[1, palette.quiet], [0, palette.accent]].forEach(([row, colour]) => {
        context.strokeStyle = colour;
        context.lineWidth = row ? 1 : 1.5;
        context.beginPath();
        let isOpen = false;
        this.each(pieces, (piece, pixel, x) => {
          const value = piece.tile.heap[row * told.pixels + pixel];
          if (value < 0) { isOpen = false; return; }
          const y = bottom - Math.min(value / told.heap, 1.05) * high;
          if (isOpen) context.lineTo(x, y); else context.moveTo(x, y);
          isOpen = true;
        });
        context.stroke();
      });
    }

    // How many goroutines run, wait for a proc, or are in system calls.
    drawCrowd(pieces) {
      const {context, palette} = this, bottom = this.head - 2, high = CROWD - 6;
      const seen = [];
      this.each(pieces, (piece, pixel, x) => {
        const at = piece.tile.everyone.subarray(pixel * 4, pixel * 4 + 3);
        seen.push([x, x + piece.pixel / this.scale(), at[0], at[0] + at[2], at[0] + at[1] + at[2]]);
      });
      this.crowd = seen.reduce((most, one) => Math.max(most, one[4]), 0);
      // Whole pixels of the screen: edges within them, of so many, would take longer than all else.
      const whole = (value) => Math.round(value * this.ratio) / this.ratio;
      for (const [part, state] of [[4, 1], [3, 2], [2, 0]]) {
        context.fillStyle = palette.states[state];
        for (const one of seen) {
          const left = whole(one[0]), tall = whole(one[part] / (this.crowd || 1) * high);
          context.fillRect(left, bottom - tall, Math.max(whole(one[1]) - left, 1 / this.ratio), tall);
        }
      }
    }

    drawChosen(top) {
      const {context, chosen, told} = this;
      if (!chosen) return;
      const place = told.ids.indexOf(chosen.goroutine), on = told.procs.indexOf(chosen.proc);
      const rows = [];
      if (place >= 0) rows.push([this.laneTop(this.firstLane() + place), LANE]);
      if (on >= 0 && chosen.state === "running") rows.push([this.laneTop(told.ranges.length + on), PROC]);
      context.strokeStyle = this.palette.ink;
      context.lineWidth = 2;
      for (const [y, tall] of rows) {
        const left = Math.max(this.x(chosen.start_ns), this.names - 4), right = Math.min(this.x(chosen.end_ns), this.width + 4);
        context.strokeRect(left, top + y, Math.max(right - left, 1), tall - GAP);
      }
    }

    // -- lanes

    firstLane() { return this.told.ranges.length + this.told.procs.length; }

    laneTop(place) {
      const {ranges, procs} = this.told;
      if (place < ranges.length) return place * RANGE;
      const rest = place - ranges.length, head = ranges.length * RANGE;
      return rest < procs.length ? head + rest * PROC : head + procs.length * PROC + (rest - procs.length) * LANE;
    }

    laneAt(y) {
      const {ranges, procs, lanes} = this.told;
      let rest = y - this.head + this.parts.scroll.scrollTop;
      if (rest < 0 || y < this.head) return -1;
      if (rest < ranges.length * RANGE) return Math.floor(rest / RANGE);
      rest -= ranges.length * RANGE;
      if (rest < procs.length * PROC) return ranges.length + Math.floor(rest / PROC);
      const place = Math.floor((rest - procs.length * PROC) / LANE);
      return place < lanes.length ? this.firstLane() + place : -1;
    }

    laneName(place) {
      const {ranges, procs, lanes} = this.told;
      if (place < ranges.length) return ranges[place];
      return place < this.firstLane() ? `proc ${procs[place - ranges.length]}` : lanes[place - this.firstLane()];
    }

    // What a lane did in the pixel at a moment, in words.
    sentence(place, at) {
      const level = this.level(), span = this.span(level), index = Math.floor(at / span), tile = this.tiles.get(level, index);
      const words = [this.laneName(place), time(at)];
      if (!tile) return words.join(" · ");
      const {told} = this, pixel = Math.floor((at - index * span) / 2 ** level);
      const share = (value) => units.share(value / 255);
      if (place < told.ranges.length) words.push(share(tile.ranges[place * told.pixels + pixel]));
      else if (place < this.firstLane()) {
        const cell = (place - told.ranges.length) * told.pixels + pixel, run = tile.runs[cell];
        ["executing", "without a goroutine", "idle"].forEach((name, i) => { if (tile.procs[cell * 3 + i]) words.push(`${name} ${share(tile.procs[cell * 3 + i])}`); });
        if (run >= 0) words.push(told.functions[run] || "(unknown)");
      } else {
        const cell = ((place - this.firstLane()) * told.pixels + pixel) * 4;
        STATES.forEach((name, i) => { if (tile.lanes[cell + i]) words.push(`${name} ${share(tile.lanes[cell + i])}`); });
      }
      return words.join(" · ");
    }

    // -- telling

    async tell(place, at) {
      const {told, parts} = this;
      this.lane = place;
      this.redraw();
      parts.status.textContent = this.sentence(place, at);
      if (place < told.ranges.length) return;
      const own = place < this.firstLane() ? ["proc", told.procs[place - told.ranges.length]] : ["goroutine", told.ids[place - this.firstLane()]];
      if (own[1] === undefined) return this.tellFunction(told.lanes[place - this.firstLane()]);
      const found = await this.answer(`/timeline/stay.json?${told.address}&${own[0]}=${own[1]}&time=${Math.round(at)}`);
      if (!found) return;
      const [stay] = found;
      this.chosen = stay || null;
      parts.detail.hidden = !stay;
      if (stay) this.fillDetail(stay);
      this.redraw();
    }

    link(changed, path = "/timeline") {
      const query = new URLSearchParams(this.told.address);
      query.set("from", Math.round(this.since));
      query.set("to", Math.round(this.until));
      for (const [name, value] of Object.entries(changed)) query.set(name, value);
      return `${path}?${query}`;
    }

    tellFunction(name) {
      const {detail} = this.parts;
      detail.hidden = false;
      detail.replaceChildren(element("h3", {}, name),
        element("p", {}, element("a", {href: this.link({show: "goroutines", function: name, page: 0})}, "its goroutines")));
    }

    fillDetail(stay) {
      const {detail} = this.parts;
      const who = (goroutine, name) => `goroutine ${goroutine}${name ? `, ${name}` : ""}`;
      const facts = [
        ["function", stay.function || "not known"], ["state", stay.state + (stay.reason ? `, ${stay.reason}` : "")],
        ["duration", time(stay.end_ns - stay.start_ns) + (stay.is_cut_at_start || stay.is_cut_at_end ? " in the trace, and more" : "")],
        ["from", time(stay.start_ns)], ["to", time(stay.end_ns)],
      ];
      if (stay.proc !== null) facts.push(["proc", String(stay.proc)]);
      if (stay.begun_by !== null) facts.push([stay.state === "runnable" ? "made runnable by" : "begun by", who(stay.begun_by, stay.begun_by_function)]);
      if (stay.ended_by !== null) facts.push(["woken by", who(stay.ended_by, stay.ended_by_function)]);
      const stack = (title, frames) => (frames.length ? [element("h4", {}, title), element("ol", {class: "code"}, ...frames.map((frame) =>
        element("li", {}, frame.function || "(unknown)", element("span", {class: "place quiet"}, frame.file ? ` ${frame.file}:${frame.line ?? 0}` : ""))))] : []);
      detail.replaceChildren(
        element("h3", {}, `Goroutine ${stay.goroutine}`),
        element("dl", {class: "facts"}, ...facts.map(([name, text]) => element("div", {}, element("dt", {}, name), element("dd", {}, text)))),
        ...stack("Where it began that", stay.stack), ...stack("Where it was woken", stay.ended_by_stack),
        element("p", {}, ...(stay.function ? [element("a", {href: this.link({show: "goroutines", function: stay.function, page: 0})}, "all that were started with it"), " · "] : []),
          element("a", {href: `/goroutines?trace=${this.told.trace}`}, "goroutines of the trace"), " · ",
          element("a", {href: `/timeline/flame?trace=${this.told.trace}&goroutine=${stay.goroutine}`}, "flame graph of its stacks")),
      );
    }

    // -- listening

    listen() {
      const {canvas, scroll, status} = this.parts;
      scroll.addEventListener("scroll", () => this.redraw());
      canvas.addEventListener("wheel", (event) => this.wheel(event), {passive: false});
      canvas.addEventListener("keydown", (event) => this.key(event));
      canvas.addEventListener("pointerdown", (event) => {
        const {x, y} = this.place(event);
        this.pointers.set(event.pointerId, {x, y, startX: x, startY: y, hasMoved: false});
        canvas.setPointerCapture(event.pointerId);
      });
      canvas.addEventListener("pointermove", (event) => {
        const at = this.place(event);
        if (this.pointers.has(event.pointerId)) return this.drag(event, at);
        const lane = this.laneAt(at.y);
        if (lane >= 0 && at.x >= this.names) status.textContent = this.sentence(lane, this.momentAt(at.x));
      });
      const end = (event) => {
        const held = this.pointers.get(event.pointerId), at = this.place(event);
        this.pointers.delete(event.pointerId);
        if (event.type === "pointercancel" || !held || held.hasMoved || this.pointers.size) return;
        const lane = this.laneAt(at.y);
        if (lane >= 0) this.tell(lane, this.momentAt(Math.max(at.x, this.names)));
      };
      canvas.addEventListener("pointerup", end);
      canvas.addEventListener("pointercancel", end);
    }

    place(event) {
      const area = this.parts.canvas.getBoundingClientRect();
      return {x: event.clientX - area.left, y: event.clientY - area.top};
    }

    momentAt(x) { return within(this.since + (x - this.names) * this.scale(), 0, this.told.duration); }

    drag(event, at) {
      const held = this.pointers.get(event.pointerId), scale = this.scale();
      const before = [...this.pointers.values()].map((one) => one.x);
      if (Math.hypot(at.x - held.startX, at.y - held.startY) > 4) held.hasMoved = true;
      const [dx, dy] = [at.x - held.x, at.y - held.y];
      Object.assign(held, at);
      if (!held.hasMoved) return;
      if (this.pointers.size === 2) {
        const now = [...this.pointers.values()].map((one) => one.x);
        const factor = Math.abs(before[1] - before[0]) / Math.max(Math.abs(now[1] - now[0]), 8);
        return this.zoom(within(factor, 0.5, 2), (now[0] + now[1]) / 2 - this.names);
      }
      // A finger scrolls by itself.
      if (event.pointerType !== "touch") this.parts.scroll.scrollTop -= dy;
      const by = within(-dx * scale, -this.since, this.told.duration - this.until);
      this.show(this.since + by, this.until + by);
    }

    wheel(event) {
      const {x} = this.place(event);
      // Beside the names lanes scroll as any page does.
      if (x < this.names && !event.ctrlKey) return;
      event.preventDefault();
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return this.move((event.deltaX || event.deltaY) / this.plot);
      this.zoom(Math.exp(within(event.deltaY, -240, 240) * 0.003), within(x - this.names, 0, this.plot));
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const acts = {
        w: () => this.zoom(0.7), s: () => this.zoom(1 / 0.7), a: () => this.move(-0.15), d: () => this.move(0.15),
        ArrowLeft: () => this.move(-0.15), ArrowRight: () => this.move(0.15), "+": () => this.zoom(0.5), "-": () => this.zoom(2),
        ArrowUp: () => this.step(-1), ArrowDown: () => this.step(1), 0: () => this.show(0, this.told.duration),
        Home: () => this.move(-1e9), End: () => this.move(1e9),
        Enter: () => { if (this.lane >= 0) this.tell(this.lane, (this.since + this.until) / 2); },
        ",": () => this.beside((stay) => stay.start_ns - 1), ".": () => this.beside((stay) => stay.end_ns),
        Escape: () => { this.chosen = null; this.parts.detail.hidden = true; this.redraw(); },
      };
      const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!act) return;
      event.preventDefault();
      act();
    }

    step(by) {
      this.lane = within(this.lane + by, 0, this.firstLane() + this.told.lanes.length - 1);
      const top = this.laneTop(this.lane), {scroll, status} = this.parts, room = this.height - this.head;
      if (top < scroll.scrollTop) scroll.scrollTop = top;
      if (top + PROC > scroll.scrollTop + room) scroll.scrollTop = top + PROC - room;
      status.textContent = this.sentence(this.lane, (this.since + this.until) / 2);
      this.redraw();
    }

    // What a goroutine did before or after what is chosen.
    async beside(at) {
      const {chosen, told} = this;
      if (!chosen) return;
      const lane = told.ids.indexOf(chosen.goroutine), moment = at(chosen);
      if (lane < 0 || moment < 0 || moment >= told.duration) return;
      await this.tell(this.firstLane() + lane, moment);
      const now = this.chosen;
      if (now && (now.end_ns < this.since || now.start_ns > this.until)) {
        const middle = (now.start_ns + now.end_ns) / 2, half = (this.until - this.since) / 2;
        this.show(middle - half, middle + half);
      }
    }
  }

  // ---- axis and tables ----------------------------------------------------------------------------------------

  function steps(least) {
    const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
    return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= least);
  }

  function moment(ns, step) {
    const [size, name] = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]].find(([size]) => step >= size) || [1, "ns"];
    return `${(ns / size).toLocaleString("en-US", {maximumFractionDigits: 3})}\u00a0${name}`;
  }

  function fillTables(found) {
    const [procs, lanes] = document.querySelectorAll(".timeline-table table tbody");
    const row = (name, times) => element("tr", {}, element("th", {scope: "row"}, name), ...times.map((one) => element("td", {}, time(one))));
    procs.replaceChildren(...found.procs.map((one) => row(`proc ${one.proc}`, [one.executing_ns, one.other_ns, one.idle_ns])));
    lanes.replaceChildren(...found.lanes.map((one) => row(one.lane, STATES.map((state) => one[`${state}_ns`]))));
  }

  function start() {
    for (const figure of document.querySelectorAll("figure.timeline")) {
      figure.view = new View(figure, JSON.parse(document.getElementById(`${figure.id}-data`).textContent));
    }
    // As wide and as high as page.css has paper.
    for (const event of ["beforeprint", "afterprint"]) {
      addEventListener(event, () => {
        document.documentElement.classList.toggle("paper", event === "beforeprint");
        for (const figure of document.querySelectorAll("figure.timeline")) figure.view.layOut();
      });
    }
  }

  return {start};
})();

timeline.start();
