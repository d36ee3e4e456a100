"use strict";
// Renders the steps that the page carries. It computes no derivative: every number, and what each known
// mistake would give, was computed when the page was made.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const state = { sweep: 0, at: 0, timer: null, tries: 0, answered: false, picked: null, printing: false };
  const steps = () => data.sweeps[state.sweep].steps;
  const current = () => (state.at > 0 ? steps()[state.at - 1] : null);
  const hidden = () => $("predict").checked && current() && current().asked && !state.answered;

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
    state.answered = false;
    $("said").textContent = "";
    $("answer").value = "";
    render();
  }
  function play() {
    if (state.timer) { clearInterval(state.timer); state.timer = null; }
    else {
      if (state.at === steps().length) go(0);
      state.timer = setInterval(() => {
        go(state.at + 1);
        if (state.at === steps().length || hidden()) play();
      }, 1500);
    }
    $("play").textContent = state.timer ? "Pause" : "Play";
  }
  function pick(node) { state.picked = node; render(); }
  function pickEdge(head, position) {
    const found = steps().findIndex((s) => s.edge && s.edge[0] === head && s.edge[1] === position);
    if (found >= 0) go(found + 1);
    pick(data.nodes[head].operands[position]);
  }

  // ── rendering ───────────────────────────────────────────────────────────────────────────────────
  // On paper stands everything; with "predict" on, a worksheet: what is given, and blanks.
  const shown = (step, i) => state.printing ? !$("predict").checked || step.kind === "given"
    : i < state.at && !(hidden() && i === state.at - 1);
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
    if ($("live").textContent !== spoken) $("live").textContent = spoken;
    for (const [id, off] of [["first", state.at === 0], ["back", state.at === 0], ["next", state.at === total], ["last", state.at === total]]) $(id).disabled = off;
    $("scrub").max = total;
    $("scrub").value = state.at;
    $("scrub").setAttribute("aria-valuetext", $("where").textContent);
    document.querySelectorAll("[data-sweep]").forEach((part) => { part.hidden = Number(part.dataset.sweep) !== state.sweep; });
    document.querySelectorAll(`[data-sweep="${state.sweep}"] tr[data-row]`).forEach((row, i) => {
      const done = shown(steps()[i], i);
      row.children[2].textContent = done ? steps()[i].numbers : "";
      row.children[3].textContent = done ? steps()[i].result : "not computed yet";
      row.children[3].classList.toggle("quiet", !done);
      row.children[4].textContent = done ? steps()[i].sentence : "";
      if (i === state.at - 1) row.setAttribute("aria-current", "step"); else row.removeAttribute("aria-current");
    });
    renderPicked(values, derivatives);
    document.body.classList.toggle("predict", $("predict").checked);
  }
  function renderPicked(values, derivatives) {
    const i = state.picked;
    $("picked").hidden = i === null;
    if (i === null) return;
    const step = steps().find((s) => s.sweep === "forward" && s.node === i);
    $("picked-name").textContent = data.nodes[i].symbol;
    const value = values.has(i) ? step.result : "not computed yet";
    $("picked-facts").textContent = `${step.rule ? `${step.symbol} ${step.rule}; ` : ""}value: ${value}; derivative: ${derivatives.get(i) ?? "not computed yet"}`;
    $("picked-paths").textContent = hidden() ? "(the paths come when you have answered)" : data.paths[i];
  }
  function reaches(from, edge) {  // whether the edge lies on a way up from a node
    const found = new Set([from]);
    data.nodes.forEach((node, i) => { if (node.operands.some((o) => found.has(o))) found.add(i); });
    return found.has(edge.tail) && found.has(edge.head);
  }

  // ── predicting ──────────────────────────────────────────────────────────────────────────────────
  const functions = { sin: Math.sin, cos: Math.cos, tan: Math.tan, exp: Math.exp, log: Math.log, sqrt: Math.sqrt,
    abs: Math.abs, tanh: Math.tanh, sinh: Math.sinh, cosh: Math.cosh, asin: Math.asin, acos: Math.acos,
    atan: Math.atan, max: Math.max, min: Math.min, square: (x) => x * x, sech: (x) => 1 / Math.cosh(x),
    sigmoid: (x) => 1 / (1 + Math.exp(-x)), relu: (x) => Math.max(x, 0) };
  function valueOf(text) {  // a small reader of arithmetic: nothing is executed
    const words = text.replace(/[·×]/g, "*").replace(/−/g, "-").replace(/\^/g, "**").replace(/²/g, "**2").replace(/π/g, "pi")
      .match(/\s*(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|[A-Za-z_]\w*|\*\*|[-+*/(),])|\S/gi)?.map((word) => word.trim()) ?? [];
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
      if (/^[\d.]/.test(word)) return Number(word);
      if (word === "pi") return Math.PI;
      if (word === "e") return Math.E;
      if (Object.hasOwn(functions, word)) {
        need("(");
        const given = [sum(depth + 1)];
        while (take(",")) given.push(sum(depth + 1));
        need(")");
        return functions[word](...given);
      }
      throw new Error(`“${word.slice(0, 20)}” is no number`);
    }
    const value = sum(0);
    if (place < words.length) throw new Error(`“${words[place].slice(0, 20)}” is too much`);
    return value;
  }
  const same = (a, b) => a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= Math.max(data.close * Math.max(Math.abs(a), Math.abs(b)), 1e-12);
  function judge(step, text) {
    if (!text.trim()) return { says: data.says.empty };
    if (text.length > data.longest) return { says: data.says.long };
    let found;
    try { found = valueOf(text); } catch (error) { return { says: `${data.says.unreadable} ${error.message}.` }; }
    const right = Number(step.right);
    if (same(found, right) || found === Number(step.result)) return { right: true, says: data.says.right };
    for (const [number, says] of step.slips) if (same(found, Number(number))) return { says, tried: true };
    for (const digits of [0, 1, 2]) if (found !== 0 && found === Number(right.toFixed(digits))) return { says: data.says.rounded, tried: true };
    const hints = [`${step.symbol} ${step.rule || step.sentence}`, `${step.symbol} ${step.numbers || step.rule}`];
    const hint = hints[Math.min(state.tries, 1)];
    return { says: `${data.says.wrong} ${state.tries < 2 ? hint : `${step.symbol} ${step.result}`}`, tried: true };
  }
  function answer(event) {
    event.preventDefault();
    const step = current(), said = judge(step, $("answer").value);
    if (said.right) { state.answered = true; render(); $("next").focus(); }
    else if (said.tried) state.tries += 1;
    $("said").textContent = said.says;
  }

  // ── controls ────────────────────────────────────────────────────────────────────────────────────
  $("first").addEventListener("click", () => go(0));
  $("back").addEventListener("click", () => go(state.at - 1));
  $("next").addEventListener("click", () => go(state.at + 1));
  $("last").addEventListener("click", () => go(steps().length));
  $("play").addEventListener("click", play);
  $("scrub").addEventListener("input", () => go(Number($("scrub").value)));
  $("sweep").addEventListener("change", () => { state.sweep = Number($("sweep").value); go(0); });
  $("predict").addEventListener("change", () => go(state.at));
  $("ask").addEventListener("submit", answer);
  $("theme").addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  });
  document.querySelectorAll("tr[data-row]").forEach((row) => row.addEventListener("click", () => go(Number(row.dataset.row) + 1)));
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input[type=text], input[type=range], select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { ArrowRight: () => go(state.at + 1), ArrowLeft: () => go(state.at - 1), Home: () => go(0), End: () => go(steps().length) };
    if (moves[event.key]) { event.preventDefault(); moves[event.key](); }
    else if (event.key === " " && !event.target.closest("button, summary, [role=button]")) { event.preventDefault(); play(); }
    else if (event.key === "?") { $("help").open = !$("help").open; $("help").querySelector("summary").focus(); }
  });
  for (const [name, printing] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(name, () => { state.printing = printing; render(); });
  }
  document.documentElement.classList.add("js");
  render();
})();
