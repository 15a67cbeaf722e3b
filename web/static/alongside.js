// What pages do beside being read: the design system's parts, and the warning before somebody is signed out.
import { initAll } from "/static/nhsuk/nhsuk-frontend.min.js";

document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) document.body.classList.add("nhsuk-frontend-supported");
initAll();

const WARNING = 120;
const { idle, formToken } = document.body.dataset;
const dialog = document.getElementById("idle");

if (idle && dialog) {
  const left = document.getElementById("idle-left");
  let last = Date.now();

  const stay = async () => {
    const answer = await fetch("/still-here", {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ form_token: formToken }),
      redirect: "manual",
    });
    if (answer.status !== 204) return location.reload();
    last = Date.now();
    dialog.close();
  };
  document.getElementById("idle-stay").addEventListener("click", stay);
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); stay(); });
  document.body.addEventListener("htmx:afterRequest", () => { last = Date.now(); });

  setInterval(() => {
    const seconds = Math.ceil(Number(idle) - (Date.now() - last) / 1000);
    if (seconds <= 0) return location.reload();
    if (seconds > WARNING) return;
    left.textContent = seconds > 60 ? "two minutes" : "one minute";
    if (!dialog.open) dialog.showModal();
  }, 1000);
}
