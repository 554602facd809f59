// Keeps the parts marked data-live up to date: slagate may answer after the page was sent.
"use strict";
(() => {
  const every = 1000;
  const shown = new Map();
  const parts = (doc) => [...doc.querySelectorAll("[data-live]")];
  const remember = (part) => shown.set(part.id, part.innerHTML);
  // A part in which somebody is choosing right now is left alone until later.
  const busy = (part) => part.contains(document.activeElement) && document.activeElement.tagName === "SELECT";
  const openFolds = (part) => [...part.querySelectorAll("details")].map((d) => d.open);
  const refresh = async () => {
    if (document.hidden) return;
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const doc = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const fresh of parts(doc)) {
      const part = document.getElementById(fresh.id);
      const html = fresh.innerHTML;
      if (!part || shown.get(fresh.id) === html || busy(part)) continue;
      const folds = openFolds(part);
      part.replaceChildren(...fresh.childNodes);
      part.querySelectorAll("details").forEach((d, i) => { d.open = folds[i] ?? false; });
      shown.set(fresh.id, html);
    }
  };
  parts(document).forEach(remember);
  const loop = () => setTimeout(() => refresh().catch(() => undefined).finally(loop), every);
  loop();
})();
