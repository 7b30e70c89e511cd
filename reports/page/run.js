// The page of a run. Plain script: everything it shows is in the page, and goes into it as text.
"use strict";
(() => {
const run = JSON.parse(document.getElementById("run").textContent);
const model = runModel(run);
const byId = (id) => document.getElementById(id);

// Events: [number, ns, lane, kind, fields, cause]; messages: [sent ns, lane, arrived ns, lane,
// cause, effect]; outages: [lane, what, begin ns, end ns].
const EVENT = { id: 0, time: 1, lane: 2, kind: 3, fields: 4, cause: 5 };
const indexOf = new Map(run.events.map((event, index) => [event[EVENT.id], index]));
const effects = new Map();
run.events.forEach((event, index) => {
  if (event[EVENT.cause] && !effects.has(event[EVENT.cause])) {
    effects.set(event[EVENT.cause], index);
  }
});
const end = run.events.length ? run.events[run.events.length - 1][EVENT.time] : 1;

const kindOf = (event) => run.kinds[event[EVENT.kind]];
const isFault = (event) => kindOf(event).startsWith("fault.");

function checkpointOf(event) {
  const pattern = kindOf(event).startsWith("checkpoint.") ? /(?:^| )id=(\d+)/ : /checkpoint=(\d+)/;
  const found = pattern.exec(event[EVENT.fields]);
  return found ? found[1] : "";
}

function clock(ns) {
  const seconds = Math.floor(ns / 1e9);
  const pad = (number, width) => String(number).padStart(width, "0");
  const micros = Math.floor(ns / 1e3) % 1e6;
  return `${pad(Math.floor(seconds / 60), 2)}:${pad(seconds % 60, 2)}.${pad(micros, 6)}`;
}

function span(ns) {
  if (ns === null || ns === undefined) return "–";
  return ns < 1e6 ? `${(ns / 1e3).toFixed(0)} µs`
    : ns < 1e9 ? `${(ns / 1e6).toFixed(1)} ms` : `${(ns / 1e9).toFixed(2)} s`;
}

const between = (from, to) => (from === null || to === null ? null : to - from);

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function describe(event) {
  return `#${event[EVENT.id]} ${clock(event[EVENT.time])} ${run.lanes[event[EVENT.lane]]} ` +
    `${kindOf(event)} ${event[EVENT.fields]}`;
}

// ---- State: what is shown, and what is selected. ----

const shown = { from: 0, to: 1, scale: "time", messages: "led", checkpoint: "", kind: "", find: "",
  lanes: new Set(run.lanes.keys()) };
let selected = -1;
let slice = new Set();

// Where an event is across, before zooming.
const place = (time, index) => (shown.scale === "time" ? time : index);

function placeOfTime(time) {
  if (shown.scale === "time") return time;
  let low = 0, high = run.events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (run.events[middle][EVENT.time] < time) low = middle + 1; else high = middle;
  }
  return low;
}

const whole = () => (shown.scale === "time" ? end || 1 : Math.max(run.events.length, 1));

function isShown(event) {
  return shown.lanes.has(event[EVENT.lane]) &&
    (!shown.kind || kindOf(event).split(".")[0] === shown.kind) &&
    (!shown.find || describe(event).includes(shown.find)) &&
    (!shown.checkpoint || checkpointOf(event) === shown.checkpoint || isFault(event));
}

function chainOf(index) {
  const chain = [];
  for (let at = index; at !== undefined && chain.length < 200;
    at = indexOf.get(run.events[at][EVENT.cause])) {
    chain.push(at);
  }
  return chain;
}

function select(index, follow) {
  selected = index;
  slice = new Set(index < 0 ? [] : chainOf(index));
  const target = byId("selected");
  target.replaceChildren();
  if (index >= 0) {
    const list = element("ol", undefined, { class: "chain", reversed: "" });
    for (const at of [...slice].slice(0, 12)) list.append(linkTo(at));
    target.append(element("p", "Selected, and what led there:"), list);
    if (follow) show(index);
  }
  showMoment(index);
  draw();
}

// What each protocol stood at after the event.
function showMoment(index) {
  byId("moment").replaceChildren();
  if (index < 0) return;
  for (const [title, lines] of model.moment(index)) {
    const list = element("ul");
    for (const line of lines.length ? lines : ["none"]) list.append(element("li", line));
    const part = element("div");
    part.append(element("h3", title), list);
    byId("moment").append(part);
  }
}

function linkTo(index) {
  const item = element("li");
  const button = element("button", describe(run.events[index]), { type: "button" });
  button.addEventListener("click", () => select(index, true));
  item.append(button);
  return item;
}

// Moves what is shown so that the event is in it.
function show(index) {
  const at = place(run.events[index][EVENT.time], index) / whole();
  const width = shown.to - shown.from;
  if (at < shown.from || at > shown.to) {
    shown.from = Math.min(Math.max(at - width / 2, 0), 1 - width);
    shown.to = shown.from + width;
  }
}

function zoom(factor, around = 0.5) {
  const width = Math.min((shown.to - shown.from) * factor, 1);
  const middle = shown.from + (shown.to - shown.from) * around;
  shown.from = Math.min(Math.max(middle - width * around, 0), 1 - width);
  shown.to = shown.from + width;
  draw();
}

function move(part) {
  const width = shown.to - shown.from;
  shown.from = Math.min(Math.max(shown.from + part * width, 0), 1 - width);
  shown.to = shown.from + width;
  draw();
}

// ---- The diagram. ----

const canvas = byId("diagram");
const context = canvas.getContext("2d");
const LANE = 34, TOP = 26, ROW = 16, LEFT = 84;
const barRows = Math.min(Math.max(1, run.checkpoints.length), 3);

function lanesShown() {
  return [...run.lanes.keys()].filter((lane) => shown.lanes.has(lane));
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function geometry() {
  const width = canvas.clientWidth;
  const lanes = lanesShown();
  const left = Math.min(LEFT, width / 4);
  const bars = TOP + barRows * ROW;
  return { width, lanes, left, bars, height: bars + lanes.length * LANE + 8,
    x: (at) => left + (at / whole() - shown.from) / (shown.to - shown.from) * (width - left - 8),
    y: (lane) => bars + lanes.indexOf(lane) * LANE + LANE / 2 };
}

function hatch(x, y, width, height) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.beginPath();
  for (let at = x - height; at < x + width; at += 6) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}

function mark(event, x, y) {
  const kind = kindOf(event);
  const size = 4;
  context.beginPath();
  if (isFault(event)) {
    context.moveTo(x - size, y - size); context.lineTo(x + size, y + size);
    context.moveTo(x + size, y - size); context.lineTo(x - size, y + size);
  } else if (kind.includes("barrier") || kind.endsWith("aligned")) {
    context.moveTo(x - size, y - size); context.lineTo(x + size, y - size);
    context.lineTo(x, y + size); context.closePath();
  } else if (kind.startsWith("checkpoint.")) {
    context.rect(x - size + 1, y - size + 1, 2 * size - 2, 2 * size - 2);
  } else if (kind.startsWith("transaction.") || kind.startsWith("sink.")) {
    context.moveTo(x, y - size); context.lineTo(x + size, y); context.lineTo(x, y + size);
    context.lineTo(x - size, y); context.closePath();
  } else {
    context.arc(x, y, size - 1, 0, 7);
  }
  context.stroke();
}

function drawCheckpoints(map) {
  run.checkpoints.forEach((row, index) => {
    if (shown.checkpoint && String(row.id) !== shown.checkpoint) return;
    const last = row.aborted ?? row.notified ?? end;
    const x = map.x(placeOfTime(row.triggered)), right = map.x(placeOfTime(last));
    const y = TOP + (index % barRows) * ROW;
    if (right < map.left || x > map.width) return;
    const begin = Math.max(x, map.left);
    context.strokeStyle = row.aborted !== null ? colour("bad") : colour("strong");
    context.fillStyle = colour("text");
    context.strokeRect(begin, y, Math.max(right - begin, 2), ROW - 4);
    for (const phase of [row.completed, row.stored]) {
      if (phase === null) continue;
      const at = map.x(placeOfTime(phase));
      context.beginPath(); context.moveTo(at, y); context.lineTo(at, y + ROW - 4); context.stroke();
    }
    if (row.aborted !== null) hatch(begin, y, Math.max(right - begin, 2), ROW - 4);
    if (right - begin > 24) context.fillText(String(row.id), begin + 3, y + 10);
  });
}

function drawLanes(map) {
  context.fillStyle = colour("text");
  context.strokeStyle = colour("line");
  for (const lane of map.lanes) {
    context.beginPath();
    context.moveTo(map.left, map.y(lane));
    context.lineTo(map.width, map.y(lane));
    context.stroke();
  }
  context.strokeStyle = colour("soft");
  for (const [lane, what, begin, over] of run.outages) {
    if (!shown.lanes.has(lane)) continue;
    const x = Math.max(map.x(placeOfTime(begin)), map.left);
    const right = map.x(placeOfTime(over));
    if (right <= map.left || x > map.width) continue;
    const height = what === "crashed" ? LANE - 10 : LANE / 2 - 5;
    hatch(x, map.y(lane) - height / 2, Math.max(right - x, 2), height);
    if (right - x > 50) context.fillText(what, x + 3, map.y(lane) + LANE / 2 - 3);
  }
}

function drawMessages(map) {
  if (shown.messages === "none") return;
  for (const [sent, from, arrived, to, cause, effect] of run.messages) {
    if (from === to || !shown.lanes.has(from) || !shown.lanes.has(to)) continue;
    if (shown.messages === "led" && !effect) continue;
    const lit = slice.has(indexOf.get(effect)) && slice.has(indexOf.get(cause));
    if (shown.checkpoint && !lit) {
      const told = run.events[indexOf.get(effect)];
      if (!told || checkpointOf(told) !== shown.checkpoint) continue;
    }
    const x = map.x(placeOfTime(sent)), right = map.x(placeOfTime(arrived));
    if (right < map.left || x > map.width) continue;
    context.strokeStyle = lit ? colour("bad") : colour("line");
    context.lineWidth = lit ? 2.5 : 1;
    context.beginPath();
    context.moveTo(Math.max(x, map.left), map.y(from));
    context.lineTo(right, map.y(to));
    const tip = map.y(to) > map.y(from) ? -5 : 5;
    context.moveTo(right - 3, map.y(to) + tip);
    context.lineTo(right, map.y(to));
    context.lineTo(right + 1, map.y(to) + tip);
    context.stroke();
  }
  context.lineWidth = 1;
}

function drawEvents(map) {
  run.events.forEach((event, index) => {
    if (!isShown(event)) return;
    const x = map.x(place(event[EVENT.time], index));
    if (x < map.left || x > map.width) return;
    const y = map.y(event[EVENT.lane]);
    const strong = slice.has(index);
    context.strokeStyle = isFault(event) || strong ? colour("bad") : colour("text");
    context.lineWidth = strong ? 3 : isFault(event) ? 2 : 1;
    mark(event, x, y);
    if (index === selected) {
      context.beginPath(); context.arc(x, y, 9, 0, 7); context.stroke();
    }
  });
  context.lineWidth = 1;
}

function drawScale(map) {
  context.fillStyle = colour("soft");
  const ticks = Math.max(2, Math.min(8, Math.floor((map.width - map.left) / 110)));
  for (let tick = 0; tick < ticks; ++tick) {
    const part = shown.from + (shown.to - shown.from) * tick / ticks;
    const at = part * whole();
    const text = shown.scale === "time" ? clock(at)
      : `#${run.events[Math.min(Math.floor(at), run.events.length - 1)]?.[EVENT.id] ?? 0}`;
    context.fillText(text, map.x(at) + 2, 12);
    context.fillRect(map.x(at), 4, 1, 12);
  }
}

function draw() {
  const map = geometry();
  const ratio = window.devicePixelRatio || 1;
  canvas.style.height = `${map.height}px`;
  canvas.width = map.width * ratio;
  canvas.height = map.height * ratio;
  context.scale(ratio, ratio);
  context.font = "11px system-ui, sans-serif";
  drawScale(map);
  drawCheckpoints(map);
  drawLanes(map);
  drawMessages(map);
  drawEvents(map);
  context.fillStyle = colour("page");
  context.fillRect(0, 0, map.left - 1, map.height);
  context.fillStyle = colour("text");
  context.fillText("checkpoints", 4, TOP + 10, map.left - 8);
  for (const lane of map.lanes) context.fillText(run.lanes[lane], 4, map.y(lane) + 4, map.left - 8);
}

// ---- Keys, mouse, controls. ----

function step(by, fits) {
  for (let at = selected + by; at >= 0 && at < run.events.length; at += by) {
    if (fits(run.events[at])) { select(at, true); return; }
  }
}

const keys = {
  ArrowLeft: () => move(-0.2), ArrowRight: () => move(0.2),
  "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: () => zoom(1e9),
  n: () => step(1, isShown), p: () => step(-1, isShown), f: () => step(1, isFault),
  c: () => {
    const cause = selected < 0 ? undefined : indexOf.get(run.events[selected][EVENT.cause]);
    if (cause !== undefined) select(cause, true);
  },
  e: () => {
    const effect = selected < 0 ? undefined : effects.get(run.events[selected][EVENT.id]);
    if (effect !== undefined) select(effect, true);
  },
};
canvas.addEventListener("keydown", (pressed) => {
  if (pressed.ctrlKey || pressed.altKey || pressed.metaKey || !keys[pressed.key]) return;
  pressed.preventDefault();
  keys[pressed.key]();
});

let drag = null;
canvas.addEventListener("pointerdown", (down) => {
  drag = { x: down.offsetX, from: shown.from, moved: false };
});
canvas.addEventListener("pointermove", (moved) => {
  if (!drag || !moved.buttons) return;
  const map = geometry();
  const part = (moved.offsetX - drag.x) / (map.width - map.left);
  drag.moved = drag.moved || Math.abs(moved.offsetX - drag.x) > 3;
  const width = shown.to - shown.from;
  shown.from = Math.min(Math.max(drag.from - part * width, 0), 1 - width);
  shown.to = shown.from + width;
  draw();
});
canvas.addEventListener("pointerup", (up) => {
  const was = drag;
  drag = null;
  if (!was || was.moved) return;
  const map = geometry();
  let nearest = -1, best = 15 * 15;
  run.events.forEach((event, index) => {
    if (!isShown(event)) return;
    const x = map.x(place(event[EVENT.time], index)) - up.offsetX;
    const y = map.y(event[EVENT.lane]) - up.offsetY;
    if (x * x + y * y < best) { best = x * x + y * y; nearest = index; }
  });
  select(nearest, false);
});
canvas.addEventListener("wheel", (wheel) => {
  wheel.preventDefault();
  const map = geometry();
  const around = Math.min(Math.max((wheel.offsetX - map.left) / (map.width - map.left), 0), 1);
  zoom(wheel.deltaY < 0 ? 0.8 : 1.25, around);
}, { passive: false });

function fillSelect(id, names, all) {
  byId(id).append(element("option", all, { value: "" }));
  for (const name of names) byId(id).append(element("option", name, { value: name }));
  byId(id).addEventListener("change", () => { shown[id] = byId(id).value; draw(); });
}

function fillControls() {
  fillSelect("checkpoint", [...new Set(run.checkpoints.map((row) => String(row.id)))], "all");
  fillSelect("kind", [...new Set(run.kinds.map((kind) => kind.split(".")[0]))].sort(), "all");
  for (const id of ["messages", "scale"]) {
    byId(id).addEventListener("change", () => { shown[id] = byId(id).value; draw(); });
  }
  byId("find").addEventListener("input", () => { shown.find = byId("find").value; draw(); });
  run.lanes.forEach((name, lane) => {
    const label = element("label");
    const box = element("input", undefined, { type: "checkbox" });
    box.checked = true;
    box.addEventListener("change", () => {
      if (box.checked) shown.lanes.add(lane); else shown.lanes.delete(lane);
      draw();
    });
    label.append(box, ` ${name}`);
    byId("lanes").append(label);
  });
  byId("earlier").addEventListener("click", () => move(-0.5));
  byId("later").addEventListener("click", () => move(0.5));
  byId("closer").addEventListener("click", () => zoom(0.5));
  byId("wider").addEventListener("click", () => zoom(2));
  byId("whole").addEventListener("click", () => zoom(1e9));
  byId("copy").addEventListener("click", async () => {
    let told = "copied";
    try {
      await navigator.clipboard.writeText(run.summary.replay);
    } catch {
      getSelection().selectAllChildren(byId("replay"));
      told = "selected: copy it with Ctrl+C";
    }
    byId("copied").textContent = told;
  });
}

// ---- Tables. ----

function fillTable(id, head, rows) {
  const top = element("tr");
  for (const name of head) top.append(element("th", name, { scope: "col" }));
  const body = element("tbody");
  for (const row of rows) {
    const line = element("tr");
    for (const cell of row) {
      if (cell instanceof Node) {
        const holder = element("td", undefined, cell.tagName === "UL" ? { class: "long" } : {});
        holder.append(cell);
        line.append(holder);
      } else {
        const kind = typeof cell === "number" ? "number" : cell.length > 40 ? "long" : "";
        line.append(element("td", cell, kind ? { class: kind } : {}));
      }
    }
    body.append(line);
  }
  const table = typeof id === "string" ? byId(id) : id;
  const headRow = element("thead");
  headRow.append(top);
  table.replaceChildren(headRow, body);
}

function statusOf(row) {
  return row.aborted !== null ? "FAILED" : row.stored !== null ? "COMPLETED" : "IN_PROGRESS";
}

function showDetails(row) {
  const table = element("table");
  fillTable(table, ["Subtask", "Acknowledged", "End to End Duration", "Sync Duration",
    "Async Duration", "Alignment Duration", "Start Delay"],
  row.subtasks.map(([name, barrier, aligned, snapshot, uploaded, acknowledged]) => [name,
    acknowledged === null ? "no" : clock(acknowledged), span(between(row.triggered, acknowledged)),
    span(between(aligned ?? barrier, snapshot)), span(between(snapshot, uploaded)),
    span(between(barrier, aligned)), span(between(row.triggered, barrier))]));
  const holder = element("div", undefined, { class: "wide", tabindex: "0", role: "region",
    "aria-label": `Checkpoint ${row.id} by subtask` });
  holder.append(table);
  byId("details").replaceChildren(element("h3", `Checkpoint ${row.id} by subtask`), holder);
}

function fillCheckpoints() {
  fillTable("checkpoints", ["ID", "Status", "Acknowledged", "Trigger Time",
    "Latest Acknowledgement", "End to End Duration", "Stored after", "Notified after", "Subtasks"],
  run.checkpoints.map((row) => {
    const acknowledged = row.subtasks.map((each) => each[5]).filter((time) => time !== null);
    const latest = acknowledged.length ? Math.max(...acknowledged) : null;
    const button = element("button", "details", { type: "button",
      "aria-label": `details of checkpoint ${row.id}` });
    button.addEventListener("click", () => showDetails(row));
    return [row.id, row.aborted !== null ? `FAILED: ${row.reason}` : statusOf(row),
      `${acknowledged.length}/${run.subtasks}`, clock(row.triggered),
      latest === null ? "–" : clock(latest), span(between(row.triggered, row.completed)),
      span(between(row.triggered, row.stored)), span(between(row.triggered, row.notified)), button];
  }));
}

function fillFindings() {
  const findings = run.summary.findings || [];
  byId("findings-section").hidden = findings.length === 0 && !run.summary.stuck;
  for (const finding of findings) {
    const box = element("div", undefined, { class: "finding" });
    box.append(element("h3", finding.oracle), element("p", finding.witness));
    if (finding.details.length) {
      const list = element("ul");
      for (const detail of finding.details) list.append(element("li", detail));
      box.append(list);
    }
    const at = indexOf.get(finding.event);
    if (at !== undefined) {
      const chain = element("ol", undefined, { class: "chain", reversed: "" });
      for (const index of chainOf(at).slice(0, 8)) chain.append(linkTo(index));
      box.append(element("p", "It became certain here, and this led there:"), chain);
    }
    byId("findings").append(box);
  }
  if (run.summary.stuck) byId("findings").append(element("pre", run.summary.stuck.join("\n")));
}

// What a fault met: the next events of the process it struck.
function struck(fault) {
  const index = run.events.findIndex(
    (event) => isFault(event) && event[EVENT.time] === fault.at_ns);
  if (index < 0) return "–";
  const list = element("ul", undefined, { class: "chain" });
  list.append(linkTo(index));
  const cause = indexOf.get(run.events[index][EVENT.cause]);
  if (cause !== undefined) list.append(linkTo(cause));
  return list;
}

function fillPage() {
  const summary = run.summary;
  document.title = `${summary.scenario} seed ${summary.seed}: ${summary.verdict}`;
  byId("title").textContent = `${summary.scenario}, seed ${summary.seed}`;
  byId("why").textContent = run.why;
  byId("verdict").textContent = summary.verdict + (summary.reason ? `: ${summary.reason}` : "") +
    (summary.signature ? `: ${summary.signature}` : "");
  byId("verdict").className = summary.verdict;
  byId("replay").textContent = summary.replay;
  const left = [];
  if (run.eventsLeftOut) {
    left.push(`${run.eventsLeftOut} events after ${clock(end)} are not in this page`);
  }
  if (run.messagesLeftOut) left.push(`${run.messagesLeftOut} messages are not in this page`);
  byId("left-out").textContent = left.length
    ? `${left.join("; ")}. \`flinch trace export\` writes all of them.` : "";
  fillTable("faults", ["Time", "Fault", "Target", "What it struck"],
    summary.faults.map((fault) => [clock(fault.at_ns), fault.kind, fault.target, struck(fault)]));
  fillTable("numbers", ["What", "How many"], [
    ["records in", summary.records_in], ["records out", summary.records_out],
    ["checkpoints completed", summary.checkpoints_completed],
    ["checkpoints failed", summary.checkpoints_failed], ["restarts", summary.restarts],
    ["events", summary.events], ["simulated", span(summary.sim_ns)], ["digest", summary.digest]]);
  fillFindings();
  fillCheckpoints();
  const pictures = runPictures({ byId, element, clock, span, fillTable, end });
  pictures.job(model.graph());
  pictures.eventTime(model.eventTime());
  fillControls();
  const first = (summary.findings || []).map((finding) => indexOf.get(finding.event))
    .find((index) => index !== undefined);
  select(first === undefined ? -1 : first, false);
}

fillPage();
addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
