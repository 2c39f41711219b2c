// Keeps what is ticked in a diary while it is being filled in: in this tab of the browser alone,
// for whoever it was, until it is sent.

const form = document.querySelector("form[data-diary]");
const PREFIX = "diary:";

// Whoever used this tab before is none of the present person's business.
function place({ diary, owner }) {
  const own = `${PREFIX}${owner}:`;
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX) && !key.startsWith(own)) sessionStorage.removeItem(key);
  }
  return own + diary;
}

function ticked() {
  return [...new FormData(form)].filter(([name]) => name !== "csrf_token");
}

function restore(answers) {
  for (const [name, value] of answers) {
    const known = form.elements[name];
    if (name === "day") {
      if (value >= known.min && value <= known.max) known.value = value;
    } else if (known instanceof RadioNodeList) {
      known.value = value;
    }
  }
}

function begin() {
  const key = place(form.dataset);
  const kept = JSON.parse(sessionStorage.getItem(key) ?? "{}");
  // What was sent has arrived, or stands in this page with what is wrong with it.
  if (kept.sent) sessionStorage.removeItem(key);
  else restore(kept.answers ?? []);
  form.addEventListener("change", () => {
    sessionStorage.setItem(key, JSON.stringify({ answers: ticked() }));
  });
  form.addEventListener("submit", () => {
    sessionStorage.setItem(key, JSON.stringify({ answers: ticked(), sent: true }));
  });
}

try {
  begin();
} catch {
  // A browser that keeps nothing: the button that keeps a draft does.
}
