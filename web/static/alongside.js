// What pages do beside being read: the design system's parts, and the warning before somebody is signed out.
import { initAll } from "/static/nhsuk/nhsuk-frontend.min.js";

document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) document.body.classList.add("nhsuk-frontend-supported");
initAll();

const WARNING = 120;
const GRACE = 30; // so much sooner than the page counts a session may be over, for its use is kept that exactly
const { idle, formToken } = document.body.dataset;
const dialog = document.getElementById("idle");

if (idle && dialog) {
  const left = document.getElementById("idle-left");
  const tabs = new BroadcastChannel("alongside"); // what is done in one tab keeps the others signed in
  let last = Date.now();

  const used = () => { last = Date.now(); if (dialog.open) dialog.close(); };
  const here = () => { used(); tabs.postMessage("used"); };
  const out = () => {
    const wanted = location.pathname + location.search;
    location.assign(`/sign-in?to=${encodeURIComponent(wanted.length < 1000 ? wanted : location.pathname)}`);
  };
  const say = (words) => { if (left.textContent !== words) left.textContent = words; }; // read out when it changes
  const stay = async () => {
    const answer = await fetch("/still-here", {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ form_token: formToken }),
      redirect: "manual",
    }).catch(() => null); // no network: the count goes on, and the button may be pressed again
    if (answer === null) return say("a moment: there is no connection just now");
    if (answer.status !== 204) return out();
    here();
  };
  tabs.addEventListener("message", used);
  tabs.postMessage("used");
  document.getElementById("idle-stay").addEventListener("click", stay);
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); stay(); });
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!detail.requestConfig.headers["Alongside-Unattended"]) here();
  });

  setInterval(() => {
    const over = Number(idle) - (Date.now() - last) / 1000;
    const seconds = over - GRACE;
    if (over <= 0) return out();
    if (seconds > WARNING) return;
    say(seconds > 60 ? "two minutes" : seconds > 30 ? "one minute" : "less than half a minute");
    if (!dialog.open) dialog.showModal();
  }, 1000);
}
