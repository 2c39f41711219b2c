// Reads a person's files in their own browser: only the cells leave it. Where this cannot be done,
// the page says so, and the file is sent when the person presses a button that says that.

const form = document.querySelector("form[data-here]");
const here = JSON.parse(form.dataset.here);
const { says, questions, answers, offered } = here.words;
const input = form.elements.file;
const button = form.querySelector("button");
const meter = form.querySelector("progress");
const alert = form.querySelector("[data-alert]");
const status = form.querySelector("[data-status]");
const asked = form.querySelector("[data-questions]");
const cells = document.querySelector("form[data-cells]");
const PATIENCE = 90_000; // milliseconds, from the press of the button until the worker is ready
let busy = false;
let broken = false;
let worker;
let ready;

// What the page promises: "here", or "sent".
function promise(way) {
  form.dataset.way = way;
  form.querySelectorAll("[data-when]").forEach((line) => {
    line.hidden = line.dataset.when !== way;
  });
  button.textContent = way === "here" ? says.read : says.send;
}

function show(place, text) {
  place.textContent = text;
  place.hidden = !text;
}

function rest() {
  busy = button.disabled = false;
  meter.hidden = true;
  show(status, "");
}

function refuse(code) {
  rest();
  if (code === "failed" || code === "memory") stop();
  broken ||= code === "failed";
  const may = offered.includes(code);
  if (may) promise("sent");
  show(alert, may ? `${says[code]} ${says.offer}` : says[code]);
}

// The worker, once it is ready.
function start() {
  if (!ready) {
    ready = new Promise((resolve, reject) => {
      worker = new Worker(here.worker, { type: "module" });
      worker.onerror = reject;
      worker.onmessage = ({ data }) => (data.ready ? resolve() : reject());
      worker.postMessage(here);
    });
    ready.catch(() => refuse("failed"));
  }
  return ready;
}

function stop() {
  worker?.terminate();
  worker = ready = undefined;
}

function late() {
  return new Promise((_, reject) => setTimeout(reject, PATIENCE));
}

function answerOf() {
  return new Promise((resolve, reject) => {
    worker.onerror = reject;
    worker.onmessage = ({ data }) => {
      if (data.answer) resolve(data.answer);
      else if (data.failed) reject();
      else meter.value = data.percent;
    };
    const told = [...new FormData(form)].filter(([name]) => name in questions);
    worker.postMessage({
      files: [...input.files],
      asked: { ...here.asked, answers: Object.fromEntries(told) },
    });
  });
}

async function read() {
  busy = button.disabled = true;
  show(alert, "");
  show(status, says.loading);
  meter.hidden = false;
  meter.removeAttribute("value");
  meter.ariaLabel = says.reading;
  try {
    await Promise.race([start(), late()]);
    show(status, says.reading);
    take(await answerOf());
  } catch {
    refuse("failed");
  }
}

function take(answer) {
  if (answer.error === "elsewhere") return send(answer.formats);
  if (answer.error) return refuse(answer.error);
  if (answer.questions) return ask(answer.questions);
  show(status, says.sending);
  stop();
  cells.elements.cells.value = JSON.stringify(answer.cells);
  cells.submit();
}

// To the page that takes such a file: it has to be chosen there again.
function send(formats) {
  const found = formats.map((each) => here.elsewhere[each]).find(Boolean);
  if (!found) return refuse("nothing");
  rest();
  const [text, address, way] = found;
  show(alert, text);
  alert.append(" ", element("a", { href: address, textContent: way }));
}

function ask(all) {
  rest();
  show(alert, says.question);
  asked.replaceChildren(...[...asked.children], ...all.map(fieldset));
  button.textContent = says.go_on;
  asked.querySelector("input:not(:checked)")?.focus();
}

function fieldset({ kind, options }) {
  const set = element("fieldset", { className: "field" });
  set.append(element("legend", { textContent: questions[kind] }));
  options.forEach((value, place) => {
    const id = `q-${kind}-${place}`;
    const line = element("div", { className: "field check" });
    line.append(
      element("input", { type: "radio", name: kind, id, value, required: true }),
      " ",
      element("label", { htmlFor: id, textContent: answers[value] ?? value }),
    );
    set.append(line);
  });
  return set;
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

// Before anything else hears of it: nothing of the file is on its way while the page promises so.
document.addEventListener(
  "submit",
  (event) => {
    if (event.target !== form || form.dataset.way !== "here") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!busy) read();
  },
  true,
);

input.addEventListener("change", () => {
  asked.replaceChildren();
  if (broken) return;
  show(alert, "");
  promise("here");
});

// Back from the next page.
addEventListener("pageshow", (event) => {
  if (event.persisted) rest();
});

promise("here");
if (navigator.connection?.saveData) input.addEventListener("change", start);
else (window.requestIdleCallback ?? setTimeout)(() => start());
