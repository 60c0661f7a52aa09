"use strict";

// A flame graph on a canvas, fed by nested-set rows in depth-first order. See outputs/flamegraph.py for the payload.
const flamegraph = (() => {
  const ROW = 20;             // height of a level in CSS pixels
  const FAINTEST = 0.3;       // narrower rectangles are drawn as one grey run
  const TEXT_FROM = 28;       // narrower rectangles have no text
  const TABLE_ROWS = 50;
  const FONT = '12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';

  // ---- the payload --------------------------------------------------------------------------------------------

  async function inflate(base64) {
    const text = atob(base64);
    const packed = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  // LEB128 with zigzag. Multiplication instead of shifts, because values pass 2^31.
  function varints(bytes, start, count) {
    const values = new Float64Array(count);
    let at = start;
    for (let i = 0; i < count; i++) {
      let value = 0, scale = 1, byte;
      do {
        byte = bytes[at++];
        value += (byte & 127) * scale;
        scale *= 128;
      } while (byte > 127);
      values[i] = value % 2 ? -(value + 1) / 2 : value / 2;
    }
    return [values, at];
  }

  async function unpack(base64) {
    const bytes = await inflate(base64);
    const size = new DataView(bytes.buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
    let at = 4 + size;
    const columns = {};
    for (const [name, count] of header.columns) [columns[name], at] = varints(bytes, at, count);
    return {...header, ...columns};
  }

  // ---- the tree -----------------------------------------------------------------------------------------------

  function packageOf(name) {
    const slash = name.lastIndexOf("/") + 1;
    const dot = name.indexOf(".", slash);
    return dot < 0 ? "" : name.slice(0, dot);
  }

  // The part of a Go name people say: `store.(*Cache).Put` of `example.com/shop/store.(*Cache).Put`.
  function shortName(name) {
    const bracket = name.indexOf("[");
    return name.slice(name.lastIndexOf("/", bracket < 0 ? name.length : bracket) + 1);
  }

  class Tree {
    constructor(data) {
      Object.assign(this, {data, unit: data.unit, sampleType: data.sampleType, isDiff: data.isDiff});
      // Of a sandwich, so many nodes behind the first are its callers, whose rows are above it.
      this.callers = data.callers || 0;
      this.count = data.value.length;
      this.value = data.value;
      this.self = data.self;
      this.valueRight = data.isDiff ? data.valueRight : new Float64Array(this.count);
      this.selfRight = data.isDiff ? data.selfRight : new Float64Array(this.count);
      this.frame = Int32Array.from(data.frame);
      this.text = (column, frame) => data[column] ? data.strings[data[column][frame]] : "";
      this.line = data.frameLine || null;
      this.frames = data.frameLabel.length;
      this.labelOf = Int32Array.from(data.frameLabel);
      this.labels = data.strings;
      this.nest(data.level);
      this.row = this.level.map((level, node) => (this.isCaller(node) ? -level : level));
      // What shares are of.
      this.whole = data.whole || [this.value[0], this.valueRight[0]];
      this.weigh();
      this.group();
    }

    isCaller(node) { return node > 0 && node <= this.callers; }

    // Parents and ends of subtrees, from levels given as differences.
    nest(steps) {
      this.level = new Int32Array(this.count);
      this.parent = new Int32Array(this.count).fill(-1);
      this.end = new Int32Array(this.count);
      const open = [];
      let level = 0;
      for (let i = 0; i < this.count; i++) {
        level += steps[i];
        this.level[i] = level;
        while (open.length > level) this.end[open.pop()] = i;
        if (open.length) this.parent[i] = open[open.length - 1];
        open.push(i);
      }
      while (open.length) this.end[open.pop()] = this.count;
    }

    // Widths. Growth can be negative below a positive node, so a width is what the absolute parts need.
    weigh() {
      const inside = new Float64Array(this.count);
      this.width = new Float64Array(this.count);
      let above = 0;
      for (let i = this.count - 1; i >= 0; i--) {
        const own = Math.abs(this.self[i]) + Math.abs(this.selfRight[i]);
        this.width[i] = Math.max(Math.abs(this.value[i]) + Math.abs(this.valueRight[i]), own + inside[i], i ? 0 : above);
        // Callers weigh what they call, as callees do: one beside the other, not both together.
        if (this.parent[i] === 0 && this.isCaller(i)) above += this.width[i];
        else if (this.parent[i] >= 0) inside[this.parent[i]] += this.width[i];
      }
      this.x = new Float64Array(this.count);
      const next = new Float64Array(this.count);
      for (let i = 0; i < this.count; i++) {
        const parent = this.parent[i];
        // Callees begin where callers began.
        if (parent === 0 && i === this.callers + 1) next[0] = 0;
        this.x[i] = parent < 0 ? 0 : next[parent];
        if (parent >= 0) next[parent] += this.width[i];
        next[i] = this.x[i];
      }
    }

    // Nodes of each row, left to right, in one array.
    group() {
      this.top = this.row.reduce((least, row) => Math.min(least, row), 0);
      const rows = this.row.reduce((most, row) => Math.max(most, row), 0) - this.top + 1;
      this.starts = new Int32Array(rows + 1);
      for (const row of this.row) this.starts[row - this.top + 1]++;
      for (let i = 0; i < rows; i++) this.starts[i + 1] += this.starts[i];
      const next = this.starts.slice();
      this.order = new Int32Array(this.count);
      for (let i = 0; i < this.count; i++) this.order[next[this.row[i] - this.top]++] = i;
    }

    // Where the nodes of a row begin and end in `order`; nowhere for a row that there is not.
    within(row) {
      const place = row - this.top;
      return place >= 0 && place + 1 < this.starts.length ? [this.starts[place], this.starts[place + 1]] : [0, 0];
    }

    // Each string's place among all in order.
    ranks() {
      if (!this.data.ranks) {
        const {labels} = this, order = Array.from(labels, (_, id) => id).sort((a, b) => (labels[a] < labels[b] ? -1 : 1));
        this.data.ranks = new Int32Array(labels.length);
        order.forEach((id, rank) => { this.data.ranks[id] = rank; });
      }
      return this.data.ranks;
    }

    label(node) { return this.labels[this.labelOf[this.frame[node]]]; }

    package(frame) {
      return this.text("framePackage", frame) || packageOf(this.text("frameFunction", frame) || this.labels[this.labelOf[frame]]);
    }

    place(node) {
      const file = this.text("frameFile", this.frame[node]);
      const line = this.line && !(this.data.isMixed && this.data.isMixed[node]) ? this.line[this.frame[node]] : 0;
      return file && line ? `${file}:${line}` : file;
    }

    // What a node is worth: the later value of a diff.
    amount(node) { return this.isDiff ? this.valueRight[node] : this.value[node]; }

    change(node) { return this.valueRight[node] - this.value[node]; }

    // Position in `order` of the first node of a row that reaches beyond x.
    firstBeyond(row, x) {
      let [low, high] = this.within(row);
      while (low < high) {
        const middle = (low + high) >> 1, node = this.order[middle];
        if (this.x[node] + this.width[node] > x) high = middle; else low = middle + 1;
      }
      return low;
    }

    at(row, x) {
      const position = this.firstBeyond(row, x);
      const node = position < this.within(row)[1] ? this.order[position] : -1;
      return node >= 0 && this.x[node] <= x ? node : -1;
    }

    children(node) {
      const found = [];
      for (let child = node + 1; child < this.end[node]; child = this.end[child]) found.push(child);
      return found;
    }

    // The first and the last row of a node and those beyond it.
    span(node) {
      if (node === 0) return [this.top, this.top + this.starts.length - 2];
      let level = this.level[node];
      for (let i = node; i < this.end[node]; i++) if (this.level[i] > level) level = this.level[i];
      return this.isCaller(node) ? [-level, 0] : [0, level];
    }

    // Nodes with a mark on their label and none above them: what counts once.
    outermost(isMarked) {
      const found = [];
      for (let i = 0; i < this.count;) {
        if (isMarked[this.labelOf[this.frame[i]]]) { found.push(i); i = this.end[i]; } else i++;
      }
      return found;
    }

    // What calls a function and what it calls, added up over all places where it is: it is node 0, its callers' callers are
    // behind it, then its callees. Below itself it counts for nothing more, as it does in its total. Null where it is nowhere.
    sandwich(label) {
      const is = Uint8Array.from(this.labels, (text) => text === label ? 1 : 0);
      const places = this.outermost(is).filter((node) => this.level[node] > 0);
      if (!places.length) return null;
      const groups = new Groups(this), callers = new Groups(this);
      for (const node of places) {
        let at = 0;
        callers.add(-1, node, node);
        groups.add(-1, node, node);
        for (let above = this.parent[node]; this.level[above] > 0; above = this.parent[above]) at = callers.add(at, above, node);
      }
      const groupOf = new Int32Array(this.count);
      for (const node of places) {
        for (let i = node + 1; i < this.end[node]; i++) groupOf[i] = groups.add(groupOf[this.parent[i]], i, i);
      }
      groups.own(places, groupOf);
      return new Tree({...this.data, ...joined(callers, groups), callers: callers.count - 1, whole: this.whole, sandwich: label});
    }

    // The calls next to a function, as `go tool pprof -peek` adds them up: each of its callers and callees once a stack, itself never.
    neighbours(label) {
      const callers = new Map(), callees = new Map(), open = new Map(), wanted = this.labels.indexOf(label);
      const count = (into, node, key, other) => {
        if (node < (open.get(key) || 0)) return;
        open.set(key, this.end[node]);
        const row = into.get(other) || {label: this.labels[other], total: 0, totalRight: 0};
        row.total += this.value[node];
        row.totalRight += this.valueRight[node];
        into.set(other, row);
      };
      for (let i = 0; i < this.count; i++) {
        if (this.level[i] < 2) continue;
        const own = this.labelOf[this.frame[i]], above = this.labelOf[this.frame[this.parent[i]]];
        if (own === above) continue;
        if (own === wanted) count(callers, i, -1 - above, above);
        if (above === wanted) count(callees, i, own, own);
      }
      return {callers: [...callers.values()], callees: [...callees.values()]};
    }

    heaviest(label) {
      let best = -1;
      for (let i = 0; i < this.count; i++) {
        if (this.label(i) === label && (best < 0 || this.width[i] > this.width[best])) best = i;
      }
      return best;
    }

    // Self and total of each function; a recursive one counts once: a node whose subtree is still open is skipped.
    functions() {
      const byLabel = new Map();
      for (let i = 0; i < this.count; i++) {
        const label = this.labelOf[this.frame[i]];
        let row = byLabel.get(label);
        if (!row) byLabel.set(label, row = {label: this.labels[label], self: 0, selfRight: 0, total: 0, totalRight: 0, open: 0});
        row.self += this.self[i];
        row.selfRight += this.selfRight[i];
        if (i < row.open) continue;
        row.total += this.value[i];
        row.totalRight += this.valueRight[i];
        row.open = this.end[i];
      }
      return [...byLabel.values()];
    }
  }

  // Nodes that are added up by their names below a group.
  class Groups {
    constructor(tree) {
      Object.assign(this, {tree, count: 0, keys: new Map(), parent: [], frame: [], isMixed: [], value: [], valueRight: [], self: [], selfRight: []});
    }

    // The group of a node below another one, with the weight of a node more.
    add(above, node, weight) {
      const {tree} = this, frame = tree.frame[node];
      const key = (above + 1) * tree.labels.length + tree.labelOf[frame];
      let group = this.keys.get(key);
      if (group === undefined) {
        this.keys.set(key, group = this.count++);
        this.parent.push(above);
        this.frame.push(frame);
        for (const column of [this.isMixed, this.value, this.valueRight, this.self, this.selfRight]) column.push(0);
      }
      if (this.frame[group] !== frame) this.isMixed[group] = 1;
      this.value[group] += tree.value[weight];
      this.valueRight[group] += tree.valueRight[weight];
      return group;
    }

    // The groups' own weights; `places` are in the first.
    own(places, groupOf) {
      for (const node of places) {
        for (let i = node; i < this.tree.end[node]; i++) {
          const group = i === node ? 0 : groupOf[i];
          this.self[group] += this.tree.self[i];
          this.selfRight[group] += this.tree.selfRight[i];
        }
      }
    }

    // Groups in depth-first order with their levels, siblings by name as everywhere.
    ordered() {
      const below = Array.from({length: this.count}, () => []);
      for (let group = 1; group < this.count; group++) below[this.parent[group]].push(group);
      const rank = this.tree.ranks(), place = (group) => rank[this.tree.labelOf[this.frame[group]]];
      const order = [], levels = [], open = [[0, 0]];
      while (open.length) {
        const [group, level] = open.pop();
        order.push(group);
        levels.push(level);
        for (const child of below[group].sort((a, b) => place(b) - place(a))) open.push([child, level + 1]);
      }
      return [order, levels];
    }
  }

  // Both halves of a sandwich as one tree, with levels as differences.
  function joined(callers, callees) {
    const [above, levelsAbove] = callers.ordered(), [below, levelsBelow] = callees.ordered();
    const columns = {level: new Int32Array(above.length + below.length - 1)};
    const level = (at) => (at < above.length ? levelsAbove[at] : levelsBelow[at - above.length + 1]);
    for (let at = 1; at < columns.level.length; at++) columns.level[at] = level(at) - level(at - 1);
    for (const name of ["value", "valueRight", "self", "selfRight", "frame", "isMixed"]) {
      const column = columns[name] = new Float64Array(columns.level.length);
      for (let at = 1; at < above.length; at++) column[at] = callers[name][above[at]];
      for (let at = 1; at < below.length; at++) column[above.length + at - 1] = callees[name][below[at]];
      column[0] = callees[name][0];
    }
    return columns;
  }

  // ---- colours ------------------------------------------------------------------------------------------------

  function hash(text) {
    let value = 2166136261;
    for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
    return value >>> 0;
  }

  const isStandard = (name) => name !== "main" && !name.split("/")[0].includes(".");

  class Palette {
    constructor(tree, isDark) {
      const style = getComputedStyle(document.documentElement);
      const read = (name) => style.getPropertyValue(name).trim();
      this.text = read("--flame-text");
      this.faint = read("--flame-faint");
      this.faintText = read("--flame-faint-text");
      this.found = read("--flame-found");
      this.outline = read("--accent");
      this.background = read("--surface");
      this.isDark = isDark;
      this.byFrame = tree.isDiff ? [] : Array.from({length: tree.frames}, (_, frame) => this.ofPackage(tree, frame));
    }

    // Go's own packages are pale, so that the eye lands on the program's.
    ofPackage(tree, frame) {
      const name = tree.package(frame);
      const hue = hash(name) % 360;
      const shade = hash(tree.labels[tree.labelOf[frame]]) % 3;
      const isPale = !name || isStandard(name);
      return this.isDark
        ? `hsl(${hue} ${isPale ? 10 : 42}% ${26 + 2.5 * shade}%)`
        : `hsl(${hue} ${isPale ? 18 : 68}% ${(isPale ? 84 : 76) + 2.5 * shade}%)`;
    }

    // -1 vanished, 0 the same, 1 new.
    ofChange(ratio) {
      const strength = Math.min(1, Math.abs(ratio));
      const hue = ratio > 0 ? 18 : 212;
      return this.isDark
        ? `hsl(${hue} ${Math.round(5 + 60 * strength)}% ${Math.round(28 + 5 * strength)}%)`
        : `hsl(${hue} ${Math.round(8 + 76 * strength)}% ${Math.round(88 - 18 * strength)}%)`;
    }

    of(tree, node) {
      if (!tree.isDiff) return tree.value[node] < 0 ? this.ofChange(-1) : this.byFrame[tree.frame[node]];
      return this.ofChange(relative(tree.value[node], tree.valueRight[node]));
    }
  }

  function relative(before, after) {
    const larger = Math.max(Math.abs(before), Math.abs(after));
    return larger ? (after - before) / larger : 0;
  }

  // ---- the page's parts ---------------------------------------------------------------------------------------

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function parts(figure, tree) {
    const search = element("input", {
      type: "search", placeholder: "Search: regular expression", "aria-label": "Search functions by regular expression",
      spellcheck: "false", autocomplete: "off",
    });
    const reset = element("button", {type: "button", title: "Show the whole graph (Esc)"}, "Reset");
    const flip = element("button", {type: "button", "aria-pressed": "false", title: "Flame, the root at the bottom; or icicle, the root on top"}, "Flip");
    const sandwich = element("button", {type: "button", "aria-pressed": "false", title: "Callers above and callees below the chosen function, or the one searched for (s)"}, "Sandwich");
    const matches = element("output", {class: "flame-matches"});
    const crumbs = element("nav", {class: "flame-crumbs", "aria-label": "Zoom path"});
    const status = element("p", {class: "flame-status", "aria-live": "polite"});
    const canvas = element("canvas", {
      tabindex: "0", role: "application", "aria-roledescription": "flame graph",
      "aria-label": `${figure.dataset.label}. Arrow keys move, Enter zooms, S shows callers and callees, Escape resets; the table below has the same figures.`,
    });
    const space = element("div", {class: "flame-space"}, canvas);
    const scroll = element("div", {class: "flame-scroll"}, space);
    const tooltip = element("div", {class: "flame-tooltip", role: "tooltip", hidden: ""});
    const bar = element("div", {class: "flame-bar"}, search, matches, element("span", {class: "flame-gap"}), sandwich, flip, reset);
    const table = element("details", {class: "flame-table"}, element("summary", {}, "Top functions as a table"));
    const around = element("div", {class: "flame-around wide", tabindex: "0", role: "region", "aria-label": "Callers and callees", hidden: ""});
    figure.append(bar, crumbs, scroll, status, ...(tree.isDiff ? [legend()] : []), around, table, tooltip);
    return {search, reset, flip, sandwich, matches, crumbs, status, canvas, space, scroll, tooltip, around, table};
  }

  function legend() {
    const strip = element("span", {class: "flame-scale", "aria-hidden": "true"});
    return element("p", {class: "flame-legend"}, "vanished", strip, "new", element("span", {class: "quiet"},
      "width: before and after together, colour: change"));
  }

  // ---- the graph ----------------------------------------------------------------------------------------------

  class FlameGraph {
    constructor(figure, tree) {
      Object.assign(this, {figure, tree, whole: tree, focus: 0, selected: -1, hovered: -1, isFlipped: false, marked: null});
      this.parts = parts(figure, tree);
      this.context = this.parts.canvas.getContext("2d");
      // As the style sheet has it: paper is white.
      this.dark = matchMedia("screen and (prefers-color-scheme: dark)");
      this.palette = new Palette(tree, this.dark.matches);
      // At once: nothing waits for a frame while a page is printed.
      this.dark.addEventListener("change", () => { this.palette = new Palette(this.whole, this.dark.matches); this.draw(); });
      this.listen();
      this.zoom(0);
      new ResizeObserver(() => { if (!this.fits()) this.layOut(); }).observe(this.parts.scroll);
    }

    // -- looking

    zoom(node) {
      this.focus = node;
      [this.first, this.last] = this.tree.span(node);
      this.fillCrumbs();
      this.layOut();
      const {scroll} = this.parts;
      scroll.scrollTop = this.first ? this.rowTop(this.tree.row[node]) + scroll.scrollTop - scroll.clientHeight / 2
        : this.isFlipped ? scroll.scrollHeight : 0;
      this.parts.reset.disabled = node === 0 && this.tree === this.whole;
      this.figure.dataset.focus = this.tree.label(node);
    }

    // Callers and callees of a function; of "" the whole graph.
    show(label) {
      const tree = label ? this.whole.sandwich(label) : this.whole;
      if (!tree) {
        this.parts.status.textContent = `${label} is not in this graph.`;
        return false;
      }
      this.tree = tree;
      this.hovered = this.selected = -1;
      const {sandwich, around} = this.parts;
      sandwich.setAttribute("aria-pressed", String(Boolean(label)));
      around.hidden = !label;
      if (label) {
        this.figure.dataset.sandwich = label;
        this.fillAround(label);
      } else delete this.figure.dataset.sandwich;
      this.zoom(0);
      return true;
    }

    // The function that is chosen; else the heaviest that is searched for.
    wanted() {
      const {whole, tree} = this, label = this.selected > 0 || (this.selected === 0 && tree !== whole) ? tree.label(this.selected) : "";
      if (label || !this.marked) return label || (this.focus > 0 ? tree.label(this.focus) : "");
      const found = whole.functions().filter((row) => row.label && this.expression.test(row.label));
      const weight = (row) => Math.abs(row.total) + Math.abs(row.totalRight);
      return found.reduce((best, row) => (!best || weight(row) > weight(best) ? row : best), null)?.label || "";
    }

    turn() {
      const isOn = this.tree !== this.whole, label = this.wanted();
      if (isOn && (!label || label === this.tree.label(0))) this.show("");
      else if (!label) {
        this.parts.status.textContent = "Choose a function first: click it, or search for it.";
        this.parts.search.focus();
        return;
      } else if (this.show(label)) this.select(0);
      this.remember();
    }

    // How much can be seen.
    room() {
      const {scroll} = this.parts;
      return [scroll.clientWidth, Math.min(scroll.clientHeight, (this.last - this.first + 1) * ROW)];
    }

    fits() {
      const [width, height] = this.room();
      return width === this.width && height === this.height;
    }

    layOut() {
      const {space, canvas} = this.parts;
      space.style.height = `${(this.last - this.first + 1) * ROW}px`;
      const [width, height] = this.room();
      const ratio = devicePixelRatio || 1;
      canvas.style.height = `${height}px`;
      if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
        canvas.width = Math.round(width * ratio);
        canvas.height = Math.round(height * ratio);
      }
      this.width = width;
      this.height = height;
      this.ratio = ratio;
      this.draw();
    }

    redraw() {
      if (this.waiting) return;
      this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.draw(); });
    }

    rowTop(row) { return (this.isFlipped ? this.last - row : row - this.first) * ROW - this.parts.scroll.scrollTop; }

    scale() { return this.width / (this.tree.width[this.focus] || 1); }

    draw() {
      const {context, tree, palette} = this;
      context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      context.fillStyle = palette.background;
      context.fillRect(0, 0, this.width, this.height);
      context.font = FONT;
      context.textBaseline = "middle";
      this.letter = this.letter || context.measureText("m").width;
      const [from, to] = this.beyond();
      for (let row = from; row <= to; row++) {
        const top = this.rowTop(row);
        if (top + ROW > 0 && top < this.height) this.drawLevel(row, top);
      }
      for (let node = tree.parent[this.focus]; node >= 0; node = tree.parent[node]) {
        this.drawBox(node, 0, this.width, this.rowTop(tree.row[node]), true);
      }
      this.drawOutline(this.hovered, 1);
      this.drawOutline(this.selected, 2);
    }

    // The rows of what is zoomed to, and of what is beyond it.
    beyond() {
      const row = this.tree.row[this.focus];
      return row < 0 ? [this.first, row] : row > 0 ? [row, this.last] : [this.first, this.last];
    }

    drawLevel(row, top) {
      const {tree} = this, scale = this.scale(), origin = tree.x[this.focus];
      const last = tree.within(row)[1], end = origin + tree.width[this.focus];
      let runStart = -1, runEnd = -1;
      const flush = () => {
        if (runStart >= 0) this.fill(this.palette.faint, runStart, Math.max(runEnd - runStart, FAINTEST), top);
        runStart = -1;
      };
      for (let position = tree.firstBeyond(row, origin); position < last;) {
        const node = tree.order[position];
        if (tree.x[node] >= end) break;
        const left = (tree.x[node] - origin) * scale, width = tree.width[node] * scale;
        if (width >= FAINTEST) {
          flush();
          this.drawBox(node, left, width, top, false);
          position++;
          continue;
        }
        if (runStart < 0 || left > runEnd + FAINTEST) { flush(); runStart = left; }
        runEnd = left + FAINTEST;
        position = Math.max(position + 1, tree.firstBeyond(row, tree.x[node] + FAINTEST / scale));
      }
      flush();
    }

    fill(colour, left, width, top) {
      this.context.fillStyle = colour;
      this.context.fillRect(left, top, width, ROW - 1);
    }

    drawBox(node, left, width, top, isAncestor) {
      const {tree, palette, context} = this;
      const isFound = this.marked && this.marked[tree.labelOf[tree.frame[node]]];
      const isFaint = isAncestor || (this.marked && !isFound);
      const colour = isFound ? palette.found : isFaint ? palette.faint : palette.of(tree, node);
      this.fill(colour, left, width > 3 ? width - 0.7 : width, top);
      if (width < TEXT_FROM) return;
      const text = this.fitted(tree.label(node), width - 8);
      if (!text) return;
      context.fillStyle = isFaint && !isFound ? palette.faintText : palette.text;
      context.fillText(text, Math.max(left, 0) + 4, top + ROW / 2);
    }

    fitted(label, width) {
      const letters = Math.floor(width / this.letter);
      if (label.length <= letters) return label;
      const short = shortName(label);
      if (short.length <= letters) return short;
      return letters >= 3 ? short.slice(0, letters - 1) + "…" : "";
    }

    drawOutline(node, thickness) {
      const {tree, context} = this;
      if (node < 0) return;
      const box = this.box(node);
      if (!box) return;
      context.strokeStyle = this.palette.outline;
      context.lineWidth = thickness;
      const inset = thickness / 2;
      context.strokeRect(box.left + inset, this.rowTop(tree.row[node]) + inset, Math.max(box.width - thickness, 1), ROW - 1 - thickness);
    }

    // Where a node is, null when the zoom leaves it out.
    box(node) {
      const {tree, focus} = this;
      if (node >= focus && node < tree.end[focus]) {
        return {left: (tree.x[node] - tree.x[focus]) * this.scale(), width: tree.width[node] * this.scale()};
      }
      return node < focus && tree.end[node] > focus ? {left: 0, width: this.width} : null;
    }

    // -- finding

    nodeAt(event) {
      const area = this.parts.canvas.getBoundingClientRect();
      const place = Math.floor((event.clientY - area.top + this.parts.scroll.scrollTop) / ROW);
      const row = this.isFlipped ? this.last - place : this.first + place;
      const [from, to] = this.beyond();
      if (row >= from && row <= to) return this.tree.at(row, this.tree.x[this.focus] + (event.clientX - area.left) / this.scale());
      let above = this.focus;
      while (above >= 0 && this.tree.row[above] !== row) above = this.tree.parent[above];
      return above;
    }

    search(pattern) {
      const {search, matches} = this.parts;
      search.value = pattern;
      search.removeAttribute("aria-invalid");
      this.marked = null;
      matches.textContent = "";
      delete this.figure.dataset.matched;
      if (pattern) {
        try {
          this.expression = new RegExp(pattern, /[A-Z]/.test(pattern) ? "" : "i");
          this.mark(this.expression);
        } catch (error) {
          search.setAttribute("aria-invalid", "true");
          matches.textContent = "not a regular expression";
        }
      }
      this.redraw();
    }

    mark(expression) {
      // Counted in the whole, whatever of it is shown.
      const tree = this.whole;
      this.marked = Uint8Array.from(tree.labels, (label) => expression.test(label) ? 1 : 0);
      const found = tree.outermost(this.marked);
      const sum = found.reduce((total, node) => total + tree.amount(node), 0);
      const functions = new Set();
      for (let i = 0; i < tree.frames; i++) if (this.marked[tree.labelOf[i]]) functions.add(tree.labelOf[i]);
      this.figure.dataset.matched = String(functions.size);
      const text = `${functions.size.toLocaleString("en-US")} ${functions.size === 1 ? "function" : "functions"}`;
      this.parts.matches.textContent =
        `${text}, ${units.readable(sum, tree.unit)}, ${units.share(sum / (tree.amount(0) || 1))}`;
    }

    // -- telling

    facts(node) {
      const {tree} = this, write = (value) => units.readable(value, tree.unit);
      const part = (value, whole) => units.share(whole ? value / whole : 0), [all, allRight] = tree.whole;
      // Of a caller, what it does by itself is not told here.
      const isCaller = tree.isCaller(node), isPart = tree.whole[0] !== tree.value[0] || tree.whole[1] !== tree.valueRight[0];
      if (tree.isDiff) {
        const before = tree.value[node], after = tree.valueRight[node];
        return [
          ["before", `${write(before)}, ${part(before, all)}`],
          ["after", `${write(after)}, ${part(after, allRight)}`],
          ["change", `${units.signed(after - before, tree.unit)}${before ? `, ${part(after - before, Math.abs(before))}` : ", new"}`],
          ...(isCaller ? [] : [["self", `${write(tree.self[node])} → ${write(tree.selfRight[node])}`]]),
        ];
      }
      const facts = [["total", `${write(tree.value[node])}, ${part(tree.value[node], all)} of all`]];
      if (isPart && node) facts.push(["", `${part(tree.value[node], tree.value[0])} of ${shortName(tree.label(0))}`]);
      if (this.focus && node > this.focus) facts.push(["", `${part(tree.value[node], tree.value[this.focus])} of the zoomed`]);
      if (!isCaller) facts.push(["self", `${write(tree.self[node])}, ${part(tree.self[node], all)}`]);
      return facts;
    }

    sentence(node) {
      const facts = this.facts(node).map(([name, text]) => `${name} ${text}`.trim()).join(" · ");
      return [this.tree.label(node), facts, this.tree.place(node)].filter(Boolean).join(" · ");
    }

    showTooltip(node, event) {
      const {tooltip} = this.parts;
      tooltip.hidden = node < 0;
      if (node < 0) return;
      const rows = this.facts(node).map(([name, text]) => element("tr", {}, element("th", {}, name), element("td", {}, text)));
      const place = this.tree.place(node);
      tooltip.replaceChildren(
        element("strong", {}, this.tree.label(node)),
        ...(place ? [element("div", {class: "place"}, place)] : []),
        element("table", {}, ...rows),
      );
      const beside = event.clientX + 16 + tooltip.offsetWidth > innerWidth ? event.clientX - 12 - tooltip.offsetWidth : event.clientX + 16;
      const below = event.clientY + 18 + tooltip.offsetHeight > innerHeight ? event.clientY - 12 - tooltip.offsetHeight : event.clientY + 18;
      tooltip.style.left = `${Math.max(4, beside)}px`;
      tooltip.style.top = `${Math.max(4, below)}px`;
    }

    fillCrumbs() {
      const path = [];
      for (let node = this.focus; node >= 0; node = this.tree.parent[node]) path.unshift(node);
      const shown = path.length > 6 ? [path[0], -1, ...path.slice(-4)] : path;
      this.parts.crumbs.replaceChildren(...shown.map((node) => {
        if (node < 0) return element("span", {}, "…");
        const name = shortName(this.tree.label(node)) || "all";
        if (node === this.focus) return element("span", {"aria-current": "true", title: this.tree.label(node)}, name);
        const button = element("button", {type: "button", title: this.tree.label(node)}, name);
        button.addEventListener("click", () => this.go(node));
        return button;
      }));
    }

    fillTable() {
      const tree = this.whole;
      const weight = (row) => tree.isDiff ? Math.abs(row.totalRight - row.total) : Math.abs(row.self);
      const rows = tree.functions().sort((a, b) => weight(b) - weight(a) || (a.label < b.label ? -1 : 1));
      const names = tree.isDiff ? ["before", "after", "change", "self change"] : ["self", "self %", "total", "total %"];
      const body = rows.slice(0, TABLE_ROWS).map((row) => this.tableRow(row));
      const head = element("tr", {}, ...["function", ...names].map((name) => element("th", {scope: "col"}, name)));
      const table = element("table", {class: "figures"}, element("thead", {}, head), element("tbody", {}, ...body));
      this.parts.table.append(element("div", {class: "wide"}, table));
      if (rows.length > TABLE_ROWS) {
        this.parts.table.append(element("p", {class: "quiet"}, `${(rows.length - TABLE_ROWS).toLocaleString("en-US")} more functions are in the graph.`));
      }
      this.figure.dataset.functions = String(rows.length);
    }

    // Callers and callees as figures.
    fillAround(label) {
      const {callers, callees} = this.whole.neighbours(label), {tree, whole} = this;
      const weight = (row) => whole.isDiff ? Math.abs(row.totalRight - row.total) : Math.abs(row.total);
      const own = {label, total: tree.value[0], totalRight: tree.valueRight[0]};
      const names = whole.isDiff ? ["before", "after", "change"] : ["calls weigh", `of ${shortName(label) || "it"}`];
      const head = element("tr", {}, ...["function", ...names].map((name) => element("th", {scope: "col"}, name)));
      const part = (title, rows) => element("tbody", {}, element("tr", {}, element("th", {scope: "rowgroup", colspan: String(names.length + 1), class: "quiet"}, title)),
        ...rows.sort((a, b) => weight(b) - weight(a) || (a.label < b.label ? -1 : 1)).slice(0, TABLE_ROWS).map((row) => this.callRow(row, own)));
      const told = (rows, text) => rows.length > TABLE_ROWS ? `${text}: the ${TABLE_ROWS} heaviest of ${rows.length.toLocaleString("en-US")}` : rows.length ? text : `${text}: none`;
      this.parts.around.replaceChildren(element("table", {class: "figures"}, element("thead", {}, head),
        part(told(callers, "callers"), callers), part("the function", [own]), part(told(callees, "callees"), callees)));
    }

    callRow(row, own) {
      const {whole} = this, write = (value) => units.readable(value, whole.unit);
      const figures = whole.isDiff
        ? [write(row.total), write(row.totalRight), units.signed(row.totalRight - row.total, whole.unit)]
        : [write(row.total), units.share(own.total ? row.total / own.total : 0)];
      const button = element("button", {type: "button", class: "link"}, row.label || "(no name)");
      button.addEventListener("click", () => { if (this.show(row.label)) this.select(0); this.remember(); });
      const made = element("tr", {}, element("th", {scope: "row"}, button), ...figures.map((text) => element("td", {}, text)));
      Object.assign(made.dataset, {function: row.label, total: String(row.total), totalRight: String(row.totalRight)});
      return made;
    }

    tableRow(row) {
      const tree = this.whole, write = (value) => units.readable(value, tree.unit);
      const whole = tree.value[0] || 1;
      const figures = tree.isDiff
        ? [write(row.total), write(row.totalRight), units.signed(row.totalRight - row.total, tree.unit), units.signed(row.selfRight - row.self, tree.unit)]
        : [write(row.self), units.share(row.self / whole), write(row.total), units.share(row.total / whole)];
      const button = element("button", {type: "button", class: "link"}, row.label || "(no name)");
      button.addEventListener("click", () => {
        this.search(`^${row.label.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
        this.remember();
        this.parts.canvas.scrollIntoView({block: "nearest"});
      });
      return element("tr", {}, element("th", {scope: "row"}, button), ...figures.map((text) => element("td", {}, text)));
    }

    // -- acting

    go(node) {
      this.zoom(node);
      this.select(node);
      this.remember();
    }

    select(node) {
      this.selected = node;
      this.parts.status.textContent = node < 0 ? "" : this.sentence(node);
      if (node >= 0) this.figure.dataset.selected = this.tree.label(node);
      this.redraw();
    }

    move(key) {
      const {tree} = this;
      const from = this.selected < 0 ? this.focus : this.selected;
      if (key === "ArrowLeft" || key === "ArrowRight") return this.select(this.beside(from, key === "ArrowLeft" ? -1 : 1));
      const isDown = (key === "ArrowDown") !== this.isFlipped;
      // From the function of a sandwich both ways lead on; elsewhere one leads back.
      if (from ? isDown === tree.isCaller(from) : !isDown && !tree.callers) return this.select(Math.max(tree.parent[from], 0));
      if (this.selected < 0) return this.select(from);
      const children = tree.children(from).filter((child) => tree.isCaller(child) !== isDown);
      const widest = children.reduce((best, child) => best < 0 || tree.width[child] > tree.width[best] ? child : best, -1);
      return this.select(widest < 0 ? from : widest);
    }

    beside(node, step) {
      if (node === this.focus || this.tree.parent[node] < 0) return node;
      const {tree} = this;
      const siblings = tree.children(tree.parent[node]).filter((one) => tree.isCaller(one) === tree.isCaller(node));
      return siblings[Math.min(Math.max(siblings.indexOf(node) + step, 0), siblings.length - 1)];
    }

    showSelected() {
      if (this.selected < 0) return;
      const {scroll} = this.parts, top = this.rowTop(this.tree.row[this.selected]);
      if (top < 0) scroll.scrollTop += top;
      if (top + ROW > this.height) scroll.scrollTop += top + ROW - this.height;
    }

    escape() {
      if (this.marked || this.parts.search.value) this.search("");
      else this.reset();
      this.remember();
    }

    // Of a sandwich that is zoomed into, first its own whole.
    reset() {
      if (this.tree !== this.whole && !this.focus) this.show("");
      else this.zoom(0);
      this.select(-1);
    }

    flip() {
      this.isFlipped = !this.isFlipped;
      this.parts.flip.setAttribute("aria-pressed", String(this.isFlipped));
      this.zoom(this.focus);
    }

    pressed(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const keys = {
        Enter: () => this.go(this.selected < 0 ? this.focus : this.selected),
        Backspace: () => this.go(Math.max(this.tree.parent[this.focus], 0)),
        Home: () => this.go(0),
        Escape: () => this.escape(),
        s: () => this.turn(),
      };
      if (event.key in keys) keys[event.key]();
      else if (event.key.startsWith("Arrow")) { this.move(event.key); this.showSelected(); }
      else return;
      event.preventDefault();
    }

    listen() {
      const {canvas, scroll, search, reset, flip, sandwich} = this.parts;
      canvas.addEventListener("pointermove", (event) => this.hover(this.nodeAt(event), event));
      canvas.addEventListener("pointerleave", () => this.hover(-1));
      canvas.addEventListener("click", (event) => {
        const node = this.nodeAt(event);
        if (node >= 0) this.go(node === this.focus ? Math.max(this.tree.parent[node], 0) : node);
      });
      canvas.addEventListener("keydown", (event) => this.pressed(event));
      scroll.addEventListener("scroll", () => this.redraw(), {passive: true});
      search.addEventListener("input", () => { this.search(search.value); this.remember(); });
      search.addEventListener("keydown", (event) => {
        if (event.key === "Escape") { this.search(""); this.remember(); canvas.focus(); }
        if (event.key === "Enter") canvas.focus();
      });
      sandwich.addEventListener("click", () => this.turn());
      reset.addEventListener("click", () => { this.reset(); this.remember(); });
      flip.addEventListener("click", () => { this.flip(); this.remember(); });
    }

    hover(node, event) {
      if (event || node < 0) this.showTooltip(node, event);
      if (node === this.hovered) return;
      this.hovered = node;
      this.parts.canvas.style.cursor = node < 0 ? "default" : "pointer";
      this.redraw();
    }

    // -- the address: #graph=...&sandwich=...&focus=...&search=...&flip=1

    remember() {
      const state = new URLSearchParams();
      if (this.figure !== document.querySelector("figure.flame")) state.set("graph", this.figure.id);
      if (this.tree !== this.whole) state.set("sandwich", this.tree.label(0));
      if (this.focus) state.set("focus", this.tree.label(this.focus));
      if (this.focus && this.tree.heaviest(this.tree.label(this.focus)) !== this.focus) state.set("node", String(this.focus));
      if (this.parts.search.value) state.set("search", this.parts.search.value);
      if (this.isFlipped) state.set("flip", "1");
      history.replaceState(null, "", `#${state}`);
    }

    recall(state) {
      if (this.isFlipped !== (state.get("flip") === "1")) this.flip();
      this.search(state.get("search") || "");
      const around = state.get("sandwich") || "";
      if ((around || this.tree !== this.whole) && !this.show(around)) return;
      const label = state.get("focus");
      const wanted = Number(state.get("node"));
      const node = label !== null && wanted > 0 && wanted < this.tree.count && this.tree.label(wanted) === label
        ? wanted : label === null ? 0 : this.tree.heaviest(label);
      this.zoom(Math.max(node, 0));
      if (node > 0 || this.tree !== this.whole) this.select(Math.max(node, 0));
      if (node < 0) this.parts.status.textContent = `${label} is not in this graph.`;
    }
  }

  // ---- the whole page -----------------------------------------------------------------------------------------

  const graphs = [];

  function recallAddress() {
    const state = new URLSearchParams(location.hash.slice(1));
    if (!["focus", "sandwich", "search", "flip"].some((key) => state.has(key))) return;
    const wanted = graphs.find((graph) => graph.figure.id === state.get("graph")) || graphs[0];
    if (wanted) wanted.recall(state);
  }

  async function start(figure) {
    try {
      const tree = new Tree(await unpack(document.getElementById(`${figure.id}-data`).textContent));
      graphs.push(new FlameGraph(figure, tree));
      figure.dataset.nodes = String(tree.count);
    } catch (error) {
      figure.dataset.state = "failed";
      figure.append(element("p", {class: "flame-status"}, `This browser cannot show the flame graph: ${error.message}`));
    }
  }

  // After the next frame; at once where none is shown, as in a tab in the background.
  const painted = () => new Promise((done) => {
    if (document.hidden) done();
    requestAnimationFrame(() => setTimeout(done));
  });

  async function startAll() {
    for (const figure of document.querySelectorAll("figure.flame")) await start(figure);
    recallAddress();
    // Nobody waits for the tables, which are closed.
    await painted();
    for (const graph of graphs) {
      graph.fillTable();
      graph.figure.dataset.state = "ready";
    }
    addEventListener("hashchange", recallAddress);
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target.closest("input, textarea, select") || !graphs.length) return;
      event.preventDefault();
      (graphs.find((graph) => graph.figure.contains(event.target)) || graphs[0]).parts.search.focus();
    });
    // Paper has no scroll bar: show all levels, within what a canvas can be, as wide as page.css has it.
    for (const event of ["beforeprint", "afterprint"]) {
      addEventListener(event, () => {
        document.documentElement.classList.toggle("paper", event === "beforeprint");
        graphs.forEach((graph) => graph.layOut());
      });
    }
  }

  return {startAll};
})();

flamegraph.startAll();
