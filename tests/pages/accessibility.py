"""What people need who read a page by ear, by keyboard or in pale colours: its faults, in sentences.

Of the rules of axe-core those that these pages could break. Roles and names are the browser's own.
"""

NAMED = {"button", "link", "checkbox", "combobox", "textbox", "searchbox", "table", "img", "image",
         "application", "region", "group", "main", "heading", "Canvas"}

# Of the document as it is now; a list of sentences.
IN_PAGE = r"""(() => {
const faults = [];
const shown = (each) => each.checkVisibility && each.checkVisibility() && each.getClientRects().length;
const tell = (what, each) => faults.push(`${what}: ${each.outerHTML.slice(0, 120)}`);
const all = (which) => [...document.querySelectorAll(which)];

if (!document.documentElement.lang) faults.push("the page has no language");
if (!document.title.trim()) faults.push("the page has no title");
for (const which of ["main", "h1"]) {
  if (all(which).length !== 1) faults.push(`there are ${all(which).length} ${which}`);
}
let level = 0;
for (const each of all("h1,h2,h3,h4,h5,h6").filter(shown)) {
  const own = Number(each.tagName[1]);
  if (own > level + 1) tell(`a heading skips a level after h${level}`, each);
  level = own;
}
const ids = all("[id]").map((each) => each.id);
for (const id of new Set(ids.filter((each, at) => ids.indexOf(each) !== at))) {
  faults.push(`the id ${id} is there more than once`);
}
for (const name of ["aria-labelledby", "aria-describedby", "for"]) {
  for (const each of all(`[${name}]`)) {
    for (const id of each.getAttribute(name).split(/\s+/)) {
      if (!document.getElementById(id)) tell(`${name} names nothing`, each);
    }
  }
}
for (const each of all("[tabindex]")) if (each.tabIndex > 0) tell("it is out of its turn", each);
for (const each of all("th")) if (!each.scope) tell("of which cells is it the head", each);
for (const each of all("li")) {
  if (!["UL", "OL", "MENU"].includes(each.parentElement.tagName)) tell("an item of no list", each);
}
for (const each of all("*").filter(shown)) {
  const style = getComputedStyle(each);
  const scrolls = ["auto", "scroll"].includes(style.overflowX) && each.scrollWidth > each.clientWidth + 1;
  if (scrolls && each.tabIndex < 0 && !each.querySelector("a,button,input,select,[tabindex]")) {
    tell("no key scrolls it", each);
  }
}

// Contrast, as WCAG 2.2 has it.
const channels = (text) => {
  const found = text.match(/[\d.]+/g).map(Number);
  return { rgb: found.slice(0, 3), alpha: found.length > 3 ? found[3] : 1 };
};
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((each) => each / 255).map((each) =>
    each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
const over = (front, back) => front.rgb.map((each, at) => each * front.alpha + back[at] * (1 - front.alpha));
const groundOf = (each) => {
  const layers = [];
  for (let at = each; at; at = at.parentElement) {
    const layer = channels(getComputedStyle(at).backgroundColor);
    layers.push(layer);
    if (layer.alpha === 1) break;
  }
  const base = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  return layers.reverse().reduce((back, layer) => over(layer, back), base);
};
const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const seen = new Set();
while (words.nextNode()) {
  const each = words.currentNode.parentElement;
  if (!words.currentNode.textContent.trim() || seen.has(each) || !shown(each)) continue;
  if (["SCRIPT", "STYLE", "TITLE", "OPTION"].includes(each.tagName) || each.disabled) continue;
  seen.add(each);
  const style = getComputedStyle(each), ground = groundOf(each);
  const ink = channels(each instanceof SVGElement ? style.fill : style.color);
  const size = parseFloat(style.fontSize);
  const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
  const is = ratio(over(ink, ground), ground);
  if (is < least) tell(`its contrast is ${is.toFixed(2)}, below ${least}`, each);
}
// What is drawn on a canvas has no text of its own, but its colours are the style's.
const probe = document.createElement("i");
document.body.append(probe);
const page = groundOf(document.body);
for (const [name, least] of [["--text", 4.5], ["--soft", 4.5], ["--strong", 3], ["--bad", 3]]) {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name);
  if (!value.trim()) continue;
  probe.style.color = value;
  const is = ratio(channels(getComputedStyle(probe).color).rgb, page);
  if (is < least) faults.push(`the contrast of ${name} is ${is.toFixed(2)}, below ${least}`);
}
probe.remove();
return faults;
})()"""


def faults_of(browser):
    """What is wrong with the page that is open."""
    faults = list(browser.evaluate(IN_PAGE))
    browser.call("Accessibility.enable")
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}
    names = {}
    for node in nodes:
        role = node.get("role", {}).get("value", "")
        name = node.get("name", {}).get("value", "").strip()
        if node.get("ignored") or role not in NAMED:
            continue
        inside = by_id.get(node.get("parentId"), {}).get("role", {}).get("value", "")
        if not name and role not in ("main", "table", "group"):
            faults.append(f"a {role} in a {inside} has no name")
        if role == "region" and name:
            names[name] = names.get(name, 0) + 1
    faults += [f"there are {count} regions named {name}" for name, count in names.items() if count > 1]
    return faults
