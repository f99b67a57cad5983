// The views of the page, and everything around them.

const main = document.querySelector("main");
const instead = (title, ...text) => h("article", h("nav.crumbs", h("a", { href: "#/" }, "Overview")), h("h1", { tabindex: -1 }, title), ...text);
const missing = (text) => instead("Not here", h("p", text));

async function overview() {
  const { summary } = page;
  const gallery = await load("gallery");
  return h(
    "article.overview",
    h("h1", { tabindex: -1 }, page.run),
    h(
      "p.lead",
      plural(summary.pictures, "picture"),
      summary.failed > 0 ? `, ${whole(summary.failed)} failed` : "",
      summary.leftOut > 0 ? `, ${whole(summary.leftOut)} more left out here` : "",
      summary.gone > 0 ? `; ${plural(summary.gone, "input")} gone or changed` : "",
    ),
    facts([
      ["scale", (page.formats ?? []).join() === "npy" ? "map, for maps drawn in this page" : page.scale],
      ["shown here", page.stretch && "stretched: at most 1 % of a map lies beyond either end"],
      ["colours", page.colors],
      ["layers written", page.layers],
      ["formats", (page.formats ?? []).join(", ")],
      ["mean", page.mean.some((v) => v) ? page.mean.map(exact).join(", ") : ""],
      ["std", page.std.some((v) => v !== 1) ? page.std.map(exact).join(", ") : ""],
      ["filterbank", page.version],
    ]),
    stackView(),
    galleryView(gallery),
  );
}

let turn = 0;
let scrolled = 0; // scroll position of the overview, restored on the way back

async function route(first) {
  const mine = ++turn;
  const [view, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  const numbers = rest.map((v) => (/^\d+$/.test(v) ? Number(v) : NaN));
  let shown;
  try {
    switch (view) {
      case "":
        shown = await overview();
        break;
      case "p":
        shown = await pictureView(numbers[0], numbers.slice(1, 6), rest.slice(1).find((v) => /^[a-z]+$/.test(v)));
        break;
      case "l":
        shown = await layerView(numbers[0], numbers[1]);
        break;
      default:
        shown = missing("This report has no such address.");
    }
  } catch (e) {
    shown = instead("This cannot be shown", h("p.failure", { role: "alert" }, e.message));
  }
  if (mine !== turn) return shown.view?.close();
  const before = main.firstElementChild;
  if (before?.classList.contains("overview")) scrolled = scrollY;
  before?.view?.close();
  main.replaceChildren(shown);
  document.title = `${shown.querySelector("h1").textContent} – filterbank report`;
  if (first) return;
  scrollTo(0, view === "" ? scrolled : 0);
  shown.querySelector("h1").focus({ preventScroll: true });
}

// The theme is the system's until the button chooses another.
const themes = ["auto", "light", "dark"];
const themeButton = document.getElementById("theme");
function setTheme(theme) {
  document.documentElement.style.colorScheme = theme === "auto" ? "" : theme;
  themeButton.textContent = { auto: "◐", light: "○", dark: "●" }[theme];
  themeButton.setAttribute("aria-label", `Theme: ${theme === "auto" ? "as the system" : theme}`);
  themeButton.dataset.theme = theme;
  recolour();
}
themeButton.addEventListener("click", () => {
  const theme = themes[(themes.indexOf(themeButton.dataset.theme) + 1) % themes.length];
  setTheme(theme);
  try {
    localStorage.setItem("filterbank-theme", theme);
  } catch {
    /* a page from a file may have no storage */
  }
});
let kind = "auto";
try {
  kind = localStorage.getItem("filterbank-theme") ?? kind;
} catch {
  /* as above */
}
setTheme(themes.includes(kind) ? kind : "auto");

// The list of keys closes on Escape and on a click outside.
const keys = document.querySelector(".keys");
addEventListener("click", (e) => {
  if (!keys.contains(e.target)) keys.open = false;
});

addEventListener("keydown", (e) => {
  if (e.altKey || e.ctrlKey || e.metaKey) return;
  if (e.key === "Escape") keys.open = false;
  const slides = e.target.closest("input[type=range], input[type=checkbox]");
  if (e.target.closest("input, select, textarea") && e.key !== "Escape" && !(slides && !/^(Arrow|Page|Home|End| )/.test(e.key))) return;
  if (main.firstElementChild?.view?.tabs?.key(e)) return e.preventDefault();
  const press = (selector) => {
    const target = main.querySelector(selector);
    if (target) e.preventDefault();
    return target;
  };
  switch (e.key) {
    case "[":
      press('.crumbs a[rel="prev"]')?.click();
      break;
    case "]":
      press('.crumbs a[rel="next"]')?.click();
      break;
    case "/":
      press("#search")?.focus();
      break;
  }
});
addEventListener("hashchange", () => route(false));
route(true);
