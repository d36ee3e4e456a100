"use strict";
// Renders the steps that the page carries. It computes no derivative: every number, and what each known
// mistake would give, was computed when the page was made.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const state = { sweep: 0, at: 0, timer: null, tries: 0, done: data.sweeps.map(() => new Set()), picked: null, printing: false };
  const steps = () => data.sweeps[state.sweep].steps;
  const current = () => (state.at > 0 ? steps()[state.at - 1] : null);
  const predicting = () => $("predict").checked;
  const isOpen = (i) => predicting() && steps()[i].asked && !state.done[state.sweep].has(i);  // not answered yet
  const hidden = () => state.at > 0 && isOpen(state.at - 1);

  // ── the graph: Graphviz wrote titles n3 and n3->n5, edges of one pair in the order of positions ──
  const nodes = new Map(), edges = new Map();
  const seen = {};
  for (const g of document.querySelectorAll("#graph g.node, #graph g.edge")) {
    const [tail, head] = g.querySelector("title").textContent.split("->").map((name) => Number(name.slice(1)));
    g.querySelector("title").remove();
    if (head === undefined) {
      nodes.set(tail, { g, texts: [...g.querySelectorAll("text")] });
      if (!data.nodes[tail].constant) prepare(g, `node ${data.nodes[tail].symbol}`, () => pick(tail));
    } else {
      const places = data.nodes[head].operands.flatMap((operand, i) => (operand === tail ? [i] : []));
      const key = `${tail}>${head}`;
      const position = places[seen[key] = (seen[key] ?? -1) + 1];
      edges.set(`${head},${position}`, { g, tail, head, text: g.querySelector("text"), label: g.querySelector("text")?.textContent });
      if (!data.nodes[tail].constant) {
        const name = `edge from ${data.nodes[tail].symbol} to ${data.nodes[head].symbol}`;
        prepare(g, name, () => pickEdge(head, position));
      }
    }
  }
  function prepare(g, label, act) {
    g.setAttribute("tabindex", "0");
    g.setAttribute("role", "button");
    g.setAttribute("aria-label", label);
    g.addEventListener("click", act);
    g.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.stopPropagation(); act(); }
    });
  }

  // ── where we are ────────────────────────────────────────────────────────────────────────────────
  function go(at) {
    state.at = Math.max(0, Math.min(steps().length, at));
    state.tries = 0;
    $("said").textContent = "";
    $("answer").value = "";
    render();
    bringIntoView();
    if (hidden() && !state.timer) $("answer").focus({ preventScroll: true });
  }
  function stop() {
    clearInterval(state.timer);
    state.timer = null;
    render();
  }
  function play() {
    if (state.timer) return stop();
    if (hidden()) return $("answer").focus();
    if (state.at === steps().length) go(0);
    state.timer = setInterval(() => {
      go(state.at + 1);
      if (state.at === steps().length || hidden()) { stop(); if (hidden()) $("answer").focus(); }
    }, 1500);
    render();
  }
  function pick(node) { state.picked = state.picked === node ? null : node; render(); }
  function pickEdge(head, position) {
    const found = steps().findIndex((s) => s.edge ? s.edge[0] === head && s.edge[1] === position : s.sweep === "tangent" && s.node === head);
    if (found >= 0) go(found + 1);
    state.picked = data.nodes[head].operands[position];
    render();
  }
  function bringIntoView() {  // the node at work, inside the picture's own frame: the page does not move
    const active = document.querySelector("#graph .node.active"), frame = document.querySelector(".picture");
    if (!active) return;
    const node = active.getBoundingClientRect(), room = frame.getBoundingClientRect();
    if (node.left < room.left || node.right > room.right) frame.scrollLeft += (node.left + node.right - room.left - room.right) / 2;
    if (node.top < room.top || node.bottom > room.bottom) frame.scrollTop += (node.top + node.bottom - room.top - room.bottom) / 2;
  }

  // ── rendering ───────────────────────────────────────────────────────────────────────────────────
  // On paper stands everything; with "predict" on, a worksheet: what is given, and blanks.
  const shown = (step, i) => state.printing ? !predicting() || step.kind === "given" : i < state.at && !isOpen(i);
  function known() {
    const values = new Map(), derivatives = new Map(), along = new Set();
    steps().forEach((step, i) => {
      if (!shown(step, i)) return;
      if (step.sweep === "forward") values.set(step.node, step.result);
      else {
        derivatives.set(step.node, step.after);
        if (step.edge) along.add(String(step.edge));
        if (step.sweep === "tangent") data.nodes[step.node].operands.forEach((_, p) => along.add(`${step.node},${p}`));
      }
    });
    return { values, derivatives, along };
  }
  function render() {
    const step = current(), total = steps().length, { values, derivatives, along } = known();
    for (const [i, { g, texts }] of nodes) {
      if (data.nodes[i].constant) continue;
      const isOperation = data.nodes[i].operands.length > 0;
      texts[1].textContent = values.has(i) ? (isOperation ? "= " : "") + values.get(i) : "…";
      if (texts[2]) texts[2].textContent = derivatives.get(i) ?? "";
      g.classList.toggle("known", values.has(i));
      g.classList.toggle("graded", derivatives.has(i));
      g.classList.toggle("active", Boolean(step) && (step.node === i || (step.edge && step.edge[0] === i)));
    }
    for (const [key, edge] of edges) {
      if (edge.text) edge.text.textContent = along.has(key) ? edge.label : "";
      const active = step && ((step.edge && String(step.edge) === key) || (!step.edge && step.node === edge.head && step.kind !== "sum" && step.sweep !== "reverse"));
      edge.g.classList.toggle("active", Boolean(active));
      edge.g.classList.toggle("lit", state.picked !== null && reaches(state.picked, edge));
    }
    $("where").textContent = step ? `Step ${state.at} of ${total}, ${step.sweep} sweep` : `${total} steps; nothing is computed yet`;
    const parts = step ? (hidden() ? [step.math[0]] : step.math) : [];
    $("formula").innerHTML = parts.filter(Boolean).map((part) => `<div><math display="block"><mrow>${part}</mrow></math></div>`).join("");
    $("sentence").textContent = step && !hidden() ? step.sentence : "";
    $("asked").hidden = !hidden();
    const spoken = !step ? "" : hidden() ? `Step ${state.at}. ${step.symbol} ${step.rule}, what is it?`
      : `Step ${state.at} of ${total}. ${[`${step.symbol} ${step.rule}`.trim(), step.numbers, step.result].filter((x) => x).join(" = ")}. ${step.sentence}`;
    if (!state.timer && $("live").textContent !== spoken) $("live").textContent = spoken;
    $("play").textContent = state.timer ? "Pause" : "Play";
    for (const [id, off] of [["first", state.at === 0], ["back", state.at === 0], ["next", state.at === total], ["last", state.at === total]]) $(id).disabled = off;
    $("scrub").max = total;
    $("scrub").value = state.at;
    $("scrub").setAttribute("aria-valuetext", $("where").textContent);
    document.querySelectorAll("[data-sweep]").forEach((part) => { part.hidden = Number(part.dataset.sweep) !== state.sweep; });
    document.querySelectorAll(`[data-sweep="${state.sweep}"] tr[data-row]`).forEach((row, i) => {
      const done = shown(steps()[i], i);
      row.children[2].textContent = done ? steps()[i].numbers : "";
      row.children[3].textContent = done ? steps()[i].result : i < state.at ? "not answered yet" : "not computed yet";
      row.children[3].classList.toggle("quiet", !done);
      row.children[4].textContent = done ? steps()[i].sentence : "";
      if (i === state.at - 1) row.setAttribute("aria-current", "step"); else row.removeAttribute("aria-current");
    });
    renderPicked(values, derivatives);
    document.body.classList.toggle("predict", predicting());
  }
  function renderPicked(values, derivatives) {
    const i = state.picked;
    $("picked").hidden = i === null;
    if (i === null) return;
    const step = steps().find((s) => s.sweep === "forward" && s.node === i);
    $("picked-name").textContent = data.nodes[i].symbol;
    const value = values.has(i) ? step.result : "not computed yet";
    const derivative = derivatives.get(i) ?? "not computed yet";
    $("picked-facts").textContent = `${step.rule ? `${step.symbol} ${step.rule}; ` : ""}value: ${value}; derivative: ${derivative}, at this step`;
    const left = steps().some((_, k) => isOpen(k)), out = data.sweeps[state.sweep].out;
    const texts = data.paths[i], own = out === null || texts.length === 1 ? texts : [texts[out]];
    $("picked-paths").textContent = left ? "(the paths come when every number is answered)" : own.join("\n");
  }
  function reaches(from, edge) {  // whether the edge lies on a way up from a node
    const found = new Set([from]);
    data.nodes.forEach((node, i) => { if (node.operands.some((o) => found.has(o))) found.add(i); });
    return found.has(edge.tail) && found.has(edge.head);
  }

  // ── predicting ──────────────────────────────────────────────────────────────────────────────────
  function valueOf(text) {  // a small reader of arithmetic: nothing is executed; FUNCTIONS are the table's
    for (const [shown, typed] of Object.entries(data.spellings)) text = text.replaceAll(shown, typed);
    if (/^-?\d+,\d+$/.test(text.trim())) throw new Error(data.says.comma);
    const words = text.match(/\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|[\p{L}_][\p{L}\p{M}\p{N}_]*|\*\*|\S/giu) ?? [];
    let place = 0;
    const take = (word) => words[place] === word && ++place;
    const need = (word) => { if (!take(word)) throw new Error(`“${word}” is missing`); };
    function sum(depth) {
      let value = product(depth);
      for (;;) { if (take("+")) value += product(depth); else if (take("-")) value -= product(depth); else return value; }
    }
    function product(depth) {
      let value = signed(depth);
      for (;;) { if (take("*")) value *= signed(depth); else if (take("/")) value /= signed(depth); else return value; }
    }
    function signed(depth) { return take("-") ? -signed(depth + 1) : take("+") ? signed(depth + 1) : power(depth); }
    function power(depth) { const base = atom(depth); return take("**") ? base ** signed(depth + 1) : base; }
    function atom(depth) {
      if (depth > 60) throw new Error("that is nested too deep");
      const word = words[place++];
      if (word === undefined) throw new Error("something is missing at the end");
      if (word === "(") { const value = sum(depth + 1); need(")"); return value; }
      if (/^[\d.]/.test(word) && word !== ".") return Number(word);
      if (word === "pi") return Math.PI;
      if (Object.hasOwn(FUNCTIONS, word)) {
        const [least, most, compute] = FUNCTIONS[word];
        need("(");
        const given = [sum(depth + 1)];
        while (take(",")) given.push(sum(depth + 1));
        need(")");
        if (given.length < least || given.length > most) throw new Error(`${word} takes ${least === most ? least : `${least} to ${most}`} operands`);
        return compute(...given);
      }
      if (/^[\p{L}_]/u.test(word)) throw new Error(`${data.says.name} “${word.slice(0, 20)}”`);
      throw new Error(`“${word.slice(0, 20)}” is not expected there`);
    }
    const value = sum(0);
    if (place < words.length) throw new Error(`“${words[place].slice(0, 20)}” is too much`);
    return value;
  }
  const same = (found, wanted, shown) => found === wanted || Math.abs(found - wanted) <= Math.max(data.close * Math.max(Math.abs(found), Math.abs(wanted)), 1e-12)
    || found === Number(wanted.toPrecision(data.least)) || found === Number(shown);
  const rounded = (found, right) => found !== 0 && [0, 1, 2].some((n) => found === Number(right.toFixed(n)) || (n > 0 && found === Number(right.toPrecision(n))));
  function judge(step, text) {
    if (!text.trim()) return { says: data.says.empty };
    if (text.length > data.longest) return { says: data.says.long };
    let found;
    try { found = valueOf(text); } catch (error) { return { says: `${data.says.unreadable} ${error.message}.` }; }
    if (!Number.isFinite(found)) return { says: data.says["no value"] };
    if (same(found, step.right, step.result)) return { right: true, says: data.says.right };
    for (const [number, says] of step.slips) if (same(found, Number(number))) return { says, tried: true };
    if (rounded(found, step.right)) return { says: data.says.rounded, tried: true };
    return { says: `${data.says.wrong} ${step.hints[Math.min(state.tries, 2)]}`, tried: true, told: state.tries >= 2 };
  }
  function answer(event) {
    event.preventDefault();
    const said = judge(current(), $("answer").value);
    if (said.tried) state.tries += 1;
    if (said.right || said.told) { state.done[state.sweep].add(state.at - 1); render(); $("next").focus(); }
    $("said").textContent = said.says;
  }

  // ── controls ────────────────────────────────────────────────────────────────────────────────────
  $("first").addEventListener("click", () => go(0));
  $("back").addEventListener("click", () => go(state.at - 1));
  $("next").addEventListener("click", () => go(state.at + 1));
  $("last").addEventListener("click", () => go(steps().length));
  $("play").addEventListener("click", play);
  $("scrub").addEventListener("input", () => go(Number($("scrub").value)));
  $("sweep").addEventListener("change", () => { stop(); state.sweep = Number($("sweep").value); go(0); });
  $("predict").addEventListener("change", () => go(state.at));
  $("ask").addEventListener("submit", answer);
  $("theme").addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  });
  $("unpick").addEventListener("click", () => pick(state.picked));
  document.querySelectorAll("tr[data-row]").forEach((row) => row.addEventListener("click", () => go(Number(row.dataset.row) + 1)));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input[type=range], select, .table, figure")) return;
    const box = event.target.closest("input[type=text]");  // empty, it leaves the arrows to the steps
    if (box && (box.value || !["ArrowRight", "ArrowLeft", "Home", "End"].includes(event.key))) return;
    const moves = { ArrowRight: () => go(state.at + 1), ArrowLeft: () => go(state.at - 1), Home: () => go(0), End: () => go(steps().length) };
    if (moves[event.key]) { event.preventDefault(); moves[event.key](); }
    else if (event.key === " " && !event.target.closest("button, input, summary, [role=button]")) { event.preventDefault(); play(); }
    else if (event.key === "Escape" && state.picked !== null) pick(state.picked);
    else if (event.key === "?") { $("help").open = !$("help").open; $("help").querySelector("summary").focus(); }
  });
  for (const [name, printing] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(name, () => { state.printing = printing; render(); });
  }
  if (data.left_out) {
    $("left-out").textContent = `Forward mode is shown along the first inputs; ${data.left_out} more are left out.`;
    $("left-out").hidden = false;
  }
  document.documentElement.classList.add("js");
  render();
})();
