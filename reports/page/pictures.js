// Pictures of the job and of its event time, drawn from what the model of the run gives.
"use strict";
const runPictures = ({ byId, element, clock, span, fillTable, end }) => {
function set(made, attributes) {
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
}

function drawn(name, attributes, text) {
  const made = document.createElementNS(byId("job-picture").namespaceURI, name);
  set(made, attributes);
  if (text !== undefined) made.textContent = text;
  return made;
}

function job({ operators, edges }) {
  const BOX = { width: 160, height: 70, right: 210, down: 86 };
  const at = new Map(), rows = new Map();
  for (const each of operators) {
    const row = rows.get(each.level) ?? 0;
    rows.set(each.level, row + 1);
    at.set(each.name, [4 + each.level * BOX.right, 4 + row * BOX.down]);
  }
  const picture = byId("job-picture");
  set(picture, { width: Math.max(1, rows.size) * BOX.right,
    height: Math.max(0, ...rows.values()) * BOX.down + 8,
    "aria-label": edges.map(([from, to]) => `${from} sends to ${to}`).join(", ") || "no edges" });
  for (const [from, to] of edges) {
    const [x, y] = at.get(from), [right, down] = at.get(to);
    const half = BOX.height / 2;
    picture.append(drawn("path", { d: `M${x + BOX.width} ${y + half} L${right} ${down + half} ` +
      `m-7 -4 l7 4 l-7 4` }));
  }
  for (const each of operators) {
    const [x, y] = at.get(each.name);
    picture.append(drawn("rect", { x, y, width: BOX.width, height: BOX.height }),
      drawn("text", { x: x + 6, y: y + 18 }, each.name.slice(0, 18)),
      drawn("text", { x: x + 6, y: y + 36 }, `${each.parallelism} subtasks, ${each.records} records`));
    if (each.shares) pictureOfTime(picture, each.shares, x + 6, y + 42, BOX.width - 12);
  }
  fillTable("operators", ["Operator", "Parallelism", "Records sent before the last barriers",
    "Late records", "Busy", "Back-pressured", "Idle", "Busiest subtask"],
  operators.map((each) => [each.name, each.parallelism, each.records, each.late,
    ...["busy", "pressed", "idle"].map((part) => each.shares ? percent(each.shares[part]) : "–"),
    busiest(each.times)]));
}

const percent = (part) => `${(100 * part).toFixed(1)} %`;

function busiest(times) {
  const busy = (each) => (each.lived - each.pressed - each.idle) / each.lived;
  if (!times.length) return "–";
  const most = times.reduce((best, each) => busy(each) > busy(best) ? each : best);
  return `${most.subtask}: ${percent(busy(most))} of ${span(most.lived)}`;
}

// A bar: full where busy, half-full where back-pressured, empty where idle; and in words.
function pictureOfTime(picture, { busy, pressed }, x, y, width) {
  const HEIGHT = 8;
  picture.append(
    drawn("rect", { class: "busy", x, y, width: width * busy, height: HEIGHT }),
    drawn("rect", { class: "busy", x: x + width * busy, y: y + HEIGHT / 2, width: width * pressed,
      height: HEIGHT / 2 }),
    drawn("rect", { x, y, width, height: HEIGHT }),
    drawn("text", { x, y: y + 22 }, `busy ${Math.round(100 * busy)} %, pressed ${Math.round(100 * pressed)} %`));
}

function eventTime({ lines, late }) {
  const all = [...lines.values()].flat().concat(late);
  if (!all.length) {
    byId("time-picture").replaceWith(
      element("p", "No snapshot of this run holds a watermark."));
    return;
  }
  const SIZE = { width: 800, height: 220, left: 6, bottom: 20 };
  const low = Math.min(...all.map((each) => each[1])), high = Math.max(...all.map((each) => each[1]));
  const x = (time) => SIZE.left + time / (end || 1) * (SIZE.width - 120);
  const y = (mark) => SIZE.height - SIZE.bottom -
    (mark - low) / (high - low || 1) * (SIZE.height - SIZE.bottom - 12);
  const picture = byId("time-picture");
  set(picture, { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`,
    "aria-label": `Watermarks of ${[...lines.keys()].join(", ")}; ${late.length} late records` });
  let row = 0;
  for (const [name, points] of lines) {
    const path = points.map(([time, mark], index) => `${index ? "L" : "M"}${x(time)} ${y(mark)}`);
    const dash = ["none", "6 3", "2 3", "8 3 2 3"][row % 4];
    picture.append(drawn("path", { d: path.join(""), "stroke-dasharray": dash }),
      drawn("line", { x1: SIZE.width - 110, x2: SIZE.width - 80, y1: 12 + row * 16, y2: 12 + row * 16,
        "stroke-dasharray": dash }),
      drawn("text", { x: SIZE.width - 76, y: 16 + row * 16 }, name.slice(0, 14)));
    ++row;
  }
  for (const [time, mark] of late) {
    picture.append(drawn("path", { class: "late",
      d: `M${x(time) - 3} ${y(mark) - 3} l6 6 m0 -6 l-6 6` }));
  }
  picture.append(drawn("text", { x: SIZE.left, y: SIZE.height - 4 },
    `0 to ${clock(end)}; event time over ${span(high - low)}`));
}

return { job, eventTime };
};
