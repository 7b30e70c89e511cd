// What the events of a run tell: the job as a graph, its event time, and what each protocol stood
// at. Pure: it knows the data of the page and nothing of the document.
"use strict";
const runModel = (run) => {
const told = (event) => run.kinds[event[3]];
const parsed = new Map();

// "id=3 subtask=sink[1]" as an object; a value ends where the next name begins.
function fieldsOf(event) {
  let fields = parsed.get(event);
  if (!fields) {
    fields = {};
    const names = [...event[4].matchAll(/(?:^| )([a-z_]+)=/g)];
    names.forEach((name, index) => {
      const next = names[index + 1];
      fields[name[1]] = event[4].slice(name.index + name[0].length, next ? next.index : undefined);
    });
    parsed.set(event, fields);
  }
  return fields;
}

const OF_OPERATORS = new Set(["execution.state", "task.started", "checkpoint.barrier_sent",
  "checkpoint.barrier_received", "window.late_record"]);
const operatorOf = (subtask) => subtask.replace(/\[\d+\]$/, "");

// How the time of tasks divides, as parts of 1; nothing where none was measured.
function sharesOf(times) {
  const sum = (of) => times.reduce((all, each) => all + each[of], 0);
  const lived = sum("lived");
  if (!lived) return null;
  const [pressed, idle] = [sum("pressed") / lived, sum("idle") / lived];
  return { busy: 1 - pressed - idle, pressed, idle };
}

// The operators of the job, in the order in which records pass them, and who sends to whom.
function graph() {
  const operators = new Map(), edges = new Map();
  const operator = (subtask) => {
    const name = operatorOf(subtask);
    if (!operators.has(name)) {
      operators.set(name, { name, subtasks: new Set(), records: new Map(), late: 0, level: 0,
        times: [] });
    }
    operators.get(name).subtasks.add(subtask);
    return operators.get(name);
  };
  for (const event of run.events) {
    const kind = told(event);
    if (!OF_OPERATORS.has(kind)) continue;
    const { from, subtask, records } = fieldsOf(event);
    if (!subtask) continue;
    const own = operator(subtask);
    if (kind === "checkpoint.barrier_sent") own.records.set(subtask, Number(records));
    if (kind === "window.late_record") own.late += 1;
    if (kind === "checkpoint.barrier_received" && from) {
      edges.set(`${operatorOf(from)} ${own.name}`, [operator(from), own]);
    }
  }
  for (const [subtask, lived, pressed, idle] of run.times) {
    if (lived > 0) operator(subtask).times.push({ subtask, lived, pressed, idle });
  }
  // A job has no circle; should one be told, it ends here.
  for (let round = 0; round < operators.size; ++round) {
    for (const [from, to] of edges.values()) to.level = Math.max(to.level, from.level + 1);
  }
  const sum = (numbers) => [...numbers].reduce((all, each) => all + each, 0);
  return {
    operators: [...operators.values()].sort((a, b) => a.level - b.level || (a.name < b.name ? -1 : 1))
      .map((each) => ({ name: each.name, parallelism: each.subtasks.size, level: each.level,
        late: each.late, records: sum(each.records.values()),
        times: each.times, shares: sharesOf(each.times) })),
    edges: [...edges.values()].map(([from, to]) => [from.name, to.name]),
  };
}

// Per operator how its watermark grew, as its snapshots tell: [when, watermark in ns]. Beyond these
// nothing is a time: before the first record, and after the last.
const EDGE = 8e18;
function eventTime() {
  const lines = new Map(), late = [];
  for (const event of run.events) {
    const kind = told(event);
    if (kind !== "checkpoint.snapshot" && kind !== "window.late_record") continue;
    const fields = fieldsOf(event);
    const watermark = Number(fields.watermark);
    if (!fields.subtask || !(Math.abs(watermark) < EDGE)) continue;
    if (kind === "window.late_record") {
      late.push([event[1], Number(fields.timestamp)]);
      continue;
    }
    const name = operatorOf(fields.subtask);
    if (!lines.has(name)) lines.set(name, []);
    lines.get(name).push([event[1], watermark]);
  }
  return { lines, late };
}

// Steps that end a checkpoint for its coordinator.
const OVER = new Set(["checkpoint.notified", "checkpoint.aborted", "checkpoint.subsumed",
  "checkpoint.deleted"]);

// What was so after the event of this index: [title, lines] for each protocol.
function moment(index) {
  const state = { job: "", subtasks: new Map(), checkpoints: new Map(), transactions: new Map(),
    stored: 0 };
  for (let at = 0; at <= index; ++at) takeEvent(state, run.events[at]);
  const now = run.events[index][1];
  const away = run.outages.filter(([, , begin, over]) => begin <= now && now < over)
    .map(([lane, what]) => `${run.lanes[lane]}: ${what}`);
  return [
    ["Job", [state.job || "nothing told yet", ...away]],
    ["Checkpoints", [`the newest in the store: ${state.stored || "none"}`,
      ...[...state.checkpoints].filter(([, each]) => !each.over)
        .flatMap(([id, each]) => checkpointLines(state, id, each))]],
    ["Open transactions", [...state.transactions].filter(([, each]) => !each.over)
      .map(([name, each]) => `${name}: ${each.stands}`)],
    ["Subtasks", [...state.subtasks].sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => `${name}: attempt ${each.attempt}, ${each.state}${each.barrier}`)],
  ];
}

function checkpointLines(state, id, checkpoint) {
  const missing = [...state.subtasks.keys()].filter((name) => !checkpoint.acknowledged.has(name));
  return [`${id}: ${checkpoint.phase}, acknowledged by ${checkpoint.acknowledged.size} of ` +
    `${state.subtasks.size}`,
  ...missing.sort().map((name) => `${id} lacks ${name}: ${checkpoint.parts.get(name) ?? "no barrier yet"}`)];
}

function takeEvent(state, event) {
  const kind = told(event);
  const fields = fieldsOf(event);
  if (kind === "job.status") state.job = fields.to;
  if (kind === "job.restored") {
    state.job += Number(fields.checkpoint) ? `, from checkpoint ${fields.checkpoint}` : "";
  }
  if (kind === "execution.state" && fields.subtask) {
    state.subtasks.set(fields.subtask, { attempt: fields.attempt, state: fields.to, barrier: "" });
  }
  if (kind.startsWith("checkpoint.") && fields.id) takeCheckpoint(state, kind, fields);
  if (fields.transaction && kind !== "transaction.fenced") takeTransaction(state, kind, fields);
}

function takeCheckpoint(state, kind, fields) {
  if (kind === "checkpoint.triggered" || !state.checkpoints.has(fields.id)) {
    state.checkpoints.set(fields.id, { phase: "triggered", over: false, acknowledged: new Set(),
      parts: new Map() });
  }
  const checkpoint = state.checkpoints.get(fields.id);
  const step = kind.slice("checkpoint.".length);
  if (kind === "checkpoint.ack_received") checkpoint.acknowledged.add(fields.subtask);
  else if (fields.subtask) checkpoint.parts.set(fields.subtask, step);
  else {
    checkpoint.phase = step;
    checkpoint.over = OVER.has(kind);
    if (kind === "checkpoint.stored") state.stored = Math.max(state.stored, Number(fields.id));
  }
  const subtask = state.subtasks.get(fields.subtask);
  if (subtask && kind === "checkpoint.barrier_sent") {
    subtask.barrier = `, barrier ${fields.id} behind ${fields.records} records`;
  }
}

function takeTransaction(state, kind, fields) {
  if (kind === "transaction.begun") {
    state.transactions.set(fields.transaction, { stands: "open", over: false });
  }
  const transaction = state.transactions.get(fields.transaction);
  if (!transaction) return;
  transaction.over ||= kind === "transaction.committed" || kind === "transaction.aborted";
  if (kind.startsWith("sink.")) {
    transaction.stands = `${kind.slice("sink.".length)} for checkpoint ${fields.checkpoint}`;
  }
}

return { graph, eventTime, moment };
};
