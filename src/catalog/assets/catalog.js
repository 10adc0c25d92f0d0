// The catalog's behaviour. Without it the pages are complete: a table, links, the system's theme.
"use strict";

// Theme: the system's, unless chosen. This runs before anything is painted.
const THEMES = ["system", "light", "dark"];
const theme = {
  get: () => { try { return localStorage.getItem("skillset-theme") ?? "system"; } catch { return "system"; } },
  set: (name) => { try { localStorage.setItem("skillset-theme", name); } catch { /* remembered for this page only */ } },
  show: (name) => { document.documentElement.dataset.theme = name; },
};
theme.show(theme.get());

document.addEventListener("DOMContentLoaded", () => {
  themeToggle(document.querySelector("[data-theme-toggle]"));
  document.querySelectorAll("[data-copy]").forEach(copyButton);
  const back = document.querySelector("[data-back]");
  if (back) backLink(back);
  const table = document.querySelector("[data-types]");
  if (table) typesTable(table);
});

function themeToggle(button) {
  const label = () => {
    const name = document.documentElement.dataset.theme;
    button.title = `Theme: ${name === "system" ? "as the system" : name}`;
    button.setAttribute("aria-label", button.title);
  };
  button.addEventListener("click", () => {
    const now = document.documentElement.dataset.theme;
    const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
    theme.show(next);
    theme.set(next);
    label();
  });
  label();
}

function copyButton(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = button.parentElement.querySelector("code").textContent;
    const done = await navigator.clipboard.writeText(text).then(() => "Copied", () => "Not allowed");
    button.textContent = done;
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}

// From a page back to the view of the table that one came from.
function backLink(link) {
  try {
    link.hash = sessionStorage.getItem("skillset-view") ?? "";
  } catch { /* the whole table, then */ }
}

function typesTable(table) {
  const form = document.querySelector("[data-filters]");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({
    element: row,
    link: row.querySelector("a"),
    text: `${row.cells[0].textContent} ${row.cells[3].textContent} ${row.dataset.tasks} ${row.dataset.search}`.toLowerCase(),
    tasks: row.dataset.tasks.trim().split(/\s+/).filter(Boolean),
    engines: row.dataset.engines.split(" "),
    keys: {
      title: row.querySelector("a").textContent,
      modality: row.dataset.modality,
      class: row.cells[3].textContent,
      status: ["verified", "unverified", "metadata-only"].indexOf(row.dataset.status),
    },
  }));
  for (const row of rows) row.keys.tasks = row.tasks.length;
  const byText = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const FIELDS = ["q", "modality", "status", "engine", "task"];
  let sort = { by: "title", descending: false };

  // The view is in the address, so that it can be linked.
  function readHash() {
    const view = new URLSearchParams(location.hash.slice(1));
    for (const name of FIELDS) {
      const field = form.elements[name];
      field.value = view.get(name) ?? "";
      if (field.value !== (view.get(name) ?? "")) field.value = "";
    }
    const [by, order] = (view.get("sort") ?? "title").split("-");
    sort = { by: by in rows[0].keys ? by : "title", descending: order === "descending" };
    sortRows();
    show();
  }

  function writeHash() {
    const view = new URLSearchParams();
    for (const name of FIELDS) {
      if (form.elements[name].value) view.set(name, form.elements[name].value);
    }
    if (sort.by !== "title" || sort.descending) view.set("sort", sort.by + (sort.descending ? "-descending" : ""));
    const hash = view.size ? `#${view}` : "";
    if (location.hash !== hash) history.replaceState(null, "", hash || location.pathname + location.search);
    try { sessionStorage.setItem("skillset-view", hash); } catch { /* links lead to the whole table, then */ }
  }

  function show() {
    const wanted = Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value]));
    const words = wanted.q.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const { modality, status } = row.element.dataset;
      const fits = (!wanted.modality || wanted.modality === modality)
        && (!wanted.status || wanted.status === status)
        && (!wanted.engine || row.engines.includes(wanted.engine))
        && (!wanted.task || row.tasks.includes(wanted.task))
        && words.every((word) => row.text.includes(word));
      row.element.hidden = !fits;
      count += fits;
    }
    const all = count === rows.length;
    form.querySelector("[data-result]").textContent = all ? `${count} model types` : `${count} of ${rows.length} model types`;
    form.querySelector("[data-clear]").hidden = FIELDS.every((name) => !wanted[name]);
    document.querySelector("[data-none]").hidden = count > 0;
    table.hidden = count === 0;
    writeHash();
  }

  function sortRows() {
    const compare = (a, b) => (typeof a === "number" ? a - b : byText.compare(a, b));
    const sign = sort.descending ? -1 : 1;
    rows.sort((a, b) => sign * compare(a.keys[sort.by], b.keys[sort.by]) || byText.compare(a.keys.title, b.keys.title));
    body.append(...rows.map((row) => row.element));
    for (const button of table.tHead.querySelectorAll("[data-sort]")) {
      const heading = button.closest("th");
      if (button.dataset.sort === sort.by) heading.setAttribute("aria-sort", sort.descending ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    }
  }

  const clear = () => { form.reset(); show(); form.elements.q.focus(); };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.querySelector("[data-clear]").addEventListener("click", (event) => { event.preventDefault(); clear(); });
  document.querySelector("[data-clear-all]").addEventListener("click", clear);
  table.tHead.addEventListener("click", (event) => {
    const by = event.target.closest("[data-sort]")?.dataset.sort;
    if (!by) return;
    sort = { by, descending: sort.by === by && !sort.descending };
    sortRows();
    writeHash();
  });
  body.addEventListener("click", (event) => {
    if (event.target.closest("a") || getSelection().toString()) return;
    const link = event.target.closest("tr")?.querySelector("a");
    if (link) link.click();
  });
  addEventListener("hashchange", readHash);

  // Keys: / searches, arrows go through the rows, Escape goes back to the search.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const search = form.elements.q;
    const inRow = event.target.closest?.("tbody tr");
    if (event.key === "/" && !event.target.matches("input[type=search], select, textarea")) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "Escape" && inRow) {
      search.focus();
    } else if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key) && (inRow || event.target === search)) {
      const visible = rows.filter((row) => !row.element.hidden);
      const here = visible.findIndex((row) => row.element === inRow);
      if (!inRow && event.key !== "ArrowDown") return;
      event.preventDefault();
      if (here === 0 && event.key === "ArrowUp") return search.focus();
      const last = visible.length - 1;
      const next = { ArrowDown: Math.min(here + 1, last), ArrowUp: here - 1, Home: 0, End: last }[event.key];
      visible[next]?.link.focus();
    } else if (event.key === "Enter" && event.target === search) {
      rows.find((row) => !row.element.hidden)?.link.click();
    }
  });

  readHash();
}
