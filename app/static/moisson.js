// Small improvements over pages that work without them.
"use strict";

// A button marked data-busy says so once its form is on its way, and cannot be pressed twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = form.querySelector("button[data-busy]");
  if (button) {
    // Only after the browser has read the form: a disabled button is not sent.
    setTimeout(() => {
      button.disabled = true;
      button.textContent = button.dataset.busy;
    }, 0);
  }
});

// Uploads show how far they are.
document.querySelectorAll("form[data-upload]").forEach((form) => {
  form.addEventListener("submit", (event) => {
    const file = form.querySelector("input[type=file]");
    const meter = form.querySelector("progress");
    if (!meter || !file || !file.files.length) return;
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.open("POST", form.action || window.location.href);
    request.upload.addEventListener("progress", (p) => {
      if (p.lengthComputable) meter.value = Math.round((100 * p.loaded) / p.total);
    });
    request.addEventListener("load", () => {
      if (request.status < 400 && request.responseURL) {
        window.location.assign(request.responseURL);
        return;
      }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      document.getElementById("main").replaceWith(page.getElementById("main"));
      document.getElementById("main").focus();
    });
    meter.hidden = false;
    request.send(new FormData(form));
  });
});

// "Tick all" boxes.
document.querySelectorAll("input[data-ticks]").forEach((box) => {
  box.addEventListener("change", () => {
    document.querySelectorAll(`input[name="${box.dataset.ticks}"]`).forEach((one) => {
      one.checked = box.checked;
    });
    box.form.dispatchEvent(new Event("change", { bubbles: true }));
  });
});

// A slider says where it stands by name, not by number.
function nameSlider(slider) {
  slider.setAttribute("aria-valuetext", slider.dataset.names.split("|")[slider.value] || slider.value);
}
document.querySelectorAll("input[type=range][data-names]").forEach(nameSlider);
document.addEventListener("input", (event) => {
  if (event.target.matches("input[type=range][data-names]")) nameSlider(event.target);
});
