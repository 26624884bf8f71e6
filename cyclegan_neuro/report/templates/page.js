"use strict";
// Comforts on a page that is whole without them: sorting, enlarging, copying, opening, and where in the page one is.

const NEXT = { none: "ascending", ascending: "descending", descending: "none" };

/** Compare two cells; those without a value come last whatever the direction. */
function compare(first, second, numeric, sign) {
  const [a, b] = [first, second].map((cell) => (numeric ? cell.dataset.sort : cell.textContent.trim()));
  const [missingA, missingB] = [a, b].map((value) => value === undefined || value === "–");
  if (missingA || missingB) return missingA - missingB;
  return sign * (numeric ? Number(a) - Number(b) : a.localeCompare(b, undefined, { numeric: true }));
}

/** Make each heading that names an order a button: up, down, as given. */
function makeSortable(table) {
  const body = table.tBodies[0];
  const given = [...body.rows];
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    if (!heading.dataset.order) return;
    const numeric = heading.dataset.order === "number";
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Sort: up, down, as given";
    if (!heading.textContent.trim()) button.setAttribute("aria-label", "first column");
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const order = NEXT[heading.getAttribute("aria-sort") ?? "none"];
      for (const other of headings) other.removeAttribute("aria-sort");
      const rows = [...given];
      if (order !== "none") {
        heading.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        rows.sort((a, b) => compare(a.cells[column], b.cells[column], numeric, sign));
      }
      body.append(...rows);
    });
  });
}

/** Return a button with this text and action. */
function button(text, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", action);
  return made;
}

/** Open figures over the whole window; arrow keys go on to the next one, Esc closes (as of every dialog). */
function makeEnlargeable(links) {
  if (!links.length) return;
  const view = document.createElement("dialog");
  const image = document.createElement("img");
  const caption = document.createElement("p");
  let shown = 0;
  const show = (index) => {
    shown = (index + links.length) % links.length;
    const source = links[shown].querySelector("img");
    image.src = source.src;
    image.alt = source.alt;
    caption.textContent = links[shown].closest("figure").querySelector(".caption").textContent;
    view.setAttribute("aria-label", source.alt);
  };
  const bar = document.createElement("div");
  bar.className = "bar";
  bar.append(
    button("Previous", () => show(shown - 1)),
    button("Next", () => show(shown + 1)),
    button("Close", () => view.close()),
  );
  const frame = document.createElement("div");
  frame.className = "picture";
  frame.append(image);
  view.append(bar, frame, caption);
  view.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(shown - 1);
    if (event.key === "ArrowRight") show(shown + 1);
  });
  view.addEventListener("close", () => links[shown].focus());
  document.body.append(view);
  links.forEach((link, index) => {
    link.title = "Enlarge";
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // the vector copy, in another tab
      event.preventDefault();
      show(index);
      view.showModal();
    });
  });
}

/** Put a button above a text that copies it; where the browser refuses, select the text. */
function makeCopyable(text) {
  const copy = button("Copy", async () => {
    try {
      await navigator.clipboard.writeText(text.innerText.trim());
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(text);
      copy.textContent = "Selected: press Ctrl+C or ⌘C";
    }
    setTimeout(() => (copy.textContent = "Copy"), 3000);
  });
  copy.className = "copy";
  copy.setAttribute("aria-live", "polite");
  copy.setAttribute("aria-describedby", text.getAttribute("aria-labelledby"));
  text.before(copy);
}

/** Open what the address names, and everything around it. */
function openAddressed() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let part = target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  target.scrollIntoView();
}

/** Open everything for paper, and close again what was closed. */
function openForPrint(parts) {
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = parts.filter((part) => !part.open);
    for (const part of closed) part.open = true;
  });
  addEventListener("afterprint", () => closed.forEach((part) => (part.open = false)));
}

/** Add a button that opens all sections, or closes them. */
function makeOpenable(parts, contents) {
  const all = button("Open all sections", () => {
    const open = !parts.every((part) => part.open);
    for (const part of parts) part.open = open;
  });
  const name = () => (all.textContent = parts.every((part) => part.open) ? "Close all sections" : "Open all sections");
  for (const part of parts) part.addEventListener("toggle", name);
  contents.append(all);
}

/** Mark the section that is being read in the table of contents. */
function followReading(links) {
  const byId = new Map(links.map((link) => [link.hash.slice(1), link]));
  const observer = new IntersectionObserver(
    (entries) => {
      const entered = entries.find((entry) => entry.isIntersecting);
      if (!entered) return;
      for (const link of links) link.removeAttribute("aria-current");
      const inside = entered.target.querySelector(".body") ?? entered.target;
      byId.get(inside.id).setAttribute("aria-current", "location");
    },
    { rootMargin: "-10% 0px -80% 0px" },
  );
  for (const id of byId.keys()) {
    const target = document.getElementById(id);
    observer.observe(target.closest("section") ?? target);
  }
}

document.querySelectorAll("table.sortable").forEach(makeSortable);
makeEnlargeable([...document.querySelectorAll("a.enlarge")]);
document.querySelectorAll("[data-copy]").forEach(makeCopyable);
followReading([...document.querySelectorAll("nav a")]);
const sections = [...document.querySelectorAll("details.part")];
makeOpenable(sections, document.querySelector("nav"));
openForPrint([...document.querySelectorAll("details")]);
addEventListener("hashchange", openAddressed);
document.querySelectorAll("a[href^='#']").forEach((link) =>
  link.addEventListener("click", () => link.hash === location.hash && openAddressed()),
);
openAddressed();
