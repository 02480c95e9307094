// What works without this, works better with it: pages that show the moment renew themselves, and a form is sent once.
"use strict";

document.addEventListener("submit", (event) => {
  const buttons = event.target.querySelectorAll("button");
  setTimeout(() => buttons.forEach((button) => { button.disabled = true; }), 0);
});

window.addEventListener("pageshow", () => {
  document.querySelectorAll("form button").forEach((button) => { button.disabled = false; });
});

const shown = document.querySelector("main[data-refresh]");

async function renew() {
  const busy = shown.contains(document.activeElement) && document.activeElement !== shown;
  if (document.hidden || busy || window.getSelection().toString()) {
    return;
  }
  const answer = await fetch(window.location.href, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) {
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const opened = [...shown.querySelectorAll("details")].map((one) => one.open);
  const fresh = page.querySelector("main[data-refresh]");
  if (fresh) {
    shown.replaceChildren(...fresh.childNodes);
    shown.querySelectorAll("details").forEach((one, at) => { one.open = Boolean(opened[at]); });
  }
}

if (shown) {
  setInterval(() => { renew().catch(() => {}); }, 1000 * Number(shown.dataset.refresh));
}
