"use strict";
// Shows one table at a time, searches, and draws lineage. Without it the page shows everything.
(() => {
  const lineage = JSON.parse(document.getElementById("lineage").textContent);
  const articles = [...document.querySelectorAll("article")];
  const box = document.getElementById("search");
  const results = document.getElementById("results");
  const found = document.getElementById("found");
  document.documentElement.classList.add("js");

  // Graphs. A node is "schema.table" or "schema.table.column"; `up` leads to what it is made from.

  const columns = { up: new Map(), down: new Map() };
  const tables = { up: new Map(), down: new Map() };
  const link = (graph, from, to) => {
    if (!graph.up.has(to)) graph.up.set(to, []);
    if (!graph.down.has(from)) graph.down.set(from, []);
    graph.up.get(to).push(from);
    graph.down.get(from).push(to);
  };
  for (const [name, table] of Object.entries(lineage)) {
    for (const read of table.reads) link(tables, read, name);
    for (const [column, origins] of Object.entries(table.columns)) {
      for (const origin of origins) link(columns, origin.join("."), `${name}.${column}`);
    }
  }

  const reach = (edges, start, steps) => {
    const seen = new Set([start]);
    let edge = [start];
    for (let step = 0; edge.length && step < steps; step += 1) {
      edge = edge.flatMap((node) => edges.get(node) || []).filter((node) => !seen.has(node));
      edge.forEach((node) => seen.add(node));
    }
    return seen;
  };

  // Lanes from left to right: a node stands right of all it is made from. An edge that skips lanes
  // passes through a gap that is kept free for it in each of them.

  const rank = (edges, nodes) => {
    const ranks = new Map();
    const of = (node) => {
      if (!ranks.has(node)) {
        ranks.set(node, 0);
        const before = edges.filter(([, to]) => to === node).map(([from]) => from);
        ranks.set(node, before.length ? 1 + Math.max(...before.map(of)) : 0);
      }
      return ranks.get(node);
    };
    nodes.forEach(of);
    return ranks;
  };

  const WIDTH = 250, HEIGHT = 44, GAP_X = 60, GAP_Y = 12, THIN = 4, MARGIN = 12, LETTERS = 34;

  const layout = (edges, nodes) => {
    const ranks = rank(edges, nodes);
    const lanes = [];
    const stops = new Map();
    const put = (node, lane, before) => {
      const stop = { node, lane, before, height: node ? HEIGHT : THIN, row: 0 };
      (lanes[lane] ||= []).push(stop);
      return stop;
    };
    for (const node of [...nodes].sort()) stops.set(node, put(node, ranks.get(node), []));
    const ways = edges.map(([from, to]) => {
      const way = [stops.get(from)];
      for (let lane = ranks.get(from) + 1; lane < ranks.get(to); lane += 1) way.push(put(null, lane, [way.at(-1)]));
      stops.get(to).before.push(way.at(-1));
      return [...way, stops.get(to)];
    });
    const middle = (stop) => stop.before.reduce((sum, other) => sum + other.row, 0) / (stop.before.length || 1);
    const tall = (lane) => lane.reduce((sum, stop) => sum + stop.height + GAP_Y, -GAP_Y);
    const height = Math.max(...lanes.map(tall));
    lanes.forEach((lane, number) => {
      if (number) lane.sort((a, b) => middle(a) - middle(b));
      let y = MARGIN + (height - tall(lane)) / 2;
      lane.forEach((stop, row) => {
        Object.assign(stop, { row: row / lane.length, x: MARGIN + number * (WIDTH + GAP_X), y });
        y += stop.height + GAP_Y;
      });
    });
    return { stops, ways, width: 2 * MARGIN + lanes.length * (WIDTH + GAP_X) - GAP_X, height: 2 * MARGIN + height };
  };

  const svg = (name, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const short = (text) => (text.length > LETTERS ? `${text.slice(0, LETTERS - 1)}…` : text);

  const curve = (way) => way.slice(1).map((to, step) => {
    const from = way[step];
    const [y1, y2] = [from.y + from.height / 2, to.y + to.height / 2];
    const half = GAP_X / 2;
    const start = step ? "" : `M${from.x + WIDTH} ${y1}`;
    const end = `C${to.x - half} ${y1} ${to.x - half} ${y2} ${to.x} ${y2}`;
    return `${start}${end}${to.node ? "" : `h${WIDTH}`}`;
  }).join("");

  const draw = (edges, nodes, focus, parts) => {
    const label = `Lineage of ${focus}: ${nodes.size - 1} others`;
    const { stops, ways, width, height } = layout(edges, nodes);
    const drawing = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label });
    for (const way of ways) drawing.append(svg("path", { d: curve(way) }));
    for (const [node, { x, y }] of stops) {
      const names = node.split(".");
      const above = names.slice(0, parts).join(".");
      drawing.append(svg("a", { href: `#${node}`, class: node === focus ? "focus" : "", "aria-label": node },
        svg("title", {}, node),
        svg("rect", { x, y, width: WIDTH, height: HEIGHT, rx: 5 }),
        svg("text", { x: x + 10, y: y + 17, class: "small" }, short(above)),
        svg("text", { x: x + 10, y: y + 34 }, short(names.slice(parts).join(".")))));
    }
    return drawing;
  };

  // Neighbours only, or all that can be reached.
  const show = (section, graph, focus, whole) => {
    const steps = whole ? Infinity : 1;
    const nodes = new Set([...reach(graph.up, focus, steps), ...reach(graph.down, focus, steps)]);
    const edges = [...nodes].flatMap((to) => (graph.up.get(to) || []).filter((from) => nodes.has(from)).map((from) => [from, to]))
      .filter((edge) => whole || edge.includes(focus));
    const holder = document.createElement("div");
    holder.className = "drawing";
    holder.tabIndex = 0;
    holder.setAttribute("role", "region");
    holder.setAttribute("aria-label", `Drawing: lineage of ${focus}`);
    holder.append(draw(edges, nodes, focus, graph === columns ? 2 : 1));
    section.querySelector(".drawing")?.remove();
    section.append(holder);
    const at = holder.querySelector(".focus rect");
    holder.scrollLeft = at.x.baseVal.value - (holder.clientWidth - WIDTH) / 2;
    holder.scrollTop = at.y.baseVal.value - (holder.clientHeight - HEIGHT) / 2;
  };

  const showTable = (section, name) => {
    const heading = document.createElement("h3");
    heading.textContent = `Lineage of ${name}`;
    const whole = document.createElement("input");
    whole.type = "checkbox";
    const label = document.createElement("label");
    label.append(whole, " all the way, not only neighbours");
    section.replaceChildren(heading, label);
    section.hidden = false;
    whole.addEventListener("change", () => show(section, tables, name, whole.checked));
    show(section, tables, name, false);
  };

  // Below the column's row, so that the reader stays where they clicked.
  const showColumn = (row) => {
    const drawn = document.createElement("tr");
    drawn.className = "drawn";
    const cell = drawn.insertCell();
    cell.colSpan = row.cells.length;
    row.classList.add("chosen");
    row.after(drawn);
    show(cell, columns, row.id, true);
    row.scrollIntoView({ block: "start" });
  };

  // One table at a time; the address says which.

  // On a telephone the list of tables would fill the first screens.
  const narrow = matchMedia("(max-width: 52rem)");
  const unfold = (link) => {
    if (narrow.matches) return;
    link.closest("details").open = true;
    link.scrollIntoView({ block: "nearest" });
  };
  if (narrow.matches) document.querySelectorAll("nav details").forEach((each) => { each.open = false; });

  const route = () => {
    const id = decodeURIComponent(location.hash.slice(1)) || "overview";
    const target = document.getElementById(id);
    if (id === "content") return;
    const article = target?.closest("article") || document.getElementById("overview");
    for (const each of articles) each.hidden = each !== article;
    document.querySelector("tr.chosen")?.classList.remove("chosen");
    document.querySelector("tr.drawn")?.remove();
    for (const each of document.querySelectorAll("nav a")) {
      const current = each.getAttribute("href") === `#${article.id}`;
      if (current) {
        each.setAttribute("aria-current", "page");
        unfold(each);
      } else each.removeAttribute("aria-current");
    }
    document.title = article.querySelector("h2").firstChild.textContent.trim() + " · " + document.querySelector("h1").textContent;
    const section = article.querySelector(".lineage");
    if (!section) return;
    showTable(section, article.id);
    if (target.matches("tr")) showColumn(target);
    else article.scrollIntoView({ block: "start" });
  };

  // Search: every word has to occur; names count before descriptions.

  const entries = [];
  for (const article of articles) {
    if (!lineage[article.id]) continue;
    entries.push({ id: article.id, text: article.querySelector(".about").textContent });
    for (const row of article.querySelectorAll("tbody tr")) {
      entries.push({ id: row.id, text: row.querySelector("td").textContent.trim().replace(/\s+/g, " ") });
    }
  }
  for (const entry of entries) {
    entry.name = entry.id.toLowerCase();
    entry.all = `${entry.name} ${entry.text.toLowerCase()}`;
  }
  const SHOWN = 40;

  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const score = (entry) => {
      const last = entry.name.slice(entry.name.lastIndexOf(".") + 1);
      return words.reduce((sum, word) => sum + (last === word ? 0 : last.includes(word) ? 1 : entry.name.includes(word) ? 2 : 4), 0);
    };
    const hits = words.length ? entries.filter((entry) => words.every((word) => entry.all.includes(word))) : [];
    hits.sort((a, b) => score(a) - score(b) || a.id.length - b.id.length || (a.id < b.id ? -1 : 1));
    results.replaceChildren(...hits.slice(0, SHOWN).map((entry) => {
      const item = document.createElement("li");
      const anchor = document.createElement("a");
      const text = document.createElement("span");
      anchor.href = `#${entry.id}`;
      text.textContent = entry.text;
      anchor.append(entry.id, text);
      item.append(anchor);
      return item;
    }));
    results.hidden = !hits.length;
    const more = hits.length > SHOWN ? `, the first ${SHOWN} shown` : "";
    found.textContent = words.length ? `${hits.length} found${more}` : "";
  };

  const close = () => {
    box.value = "";
    search();
  };

  box.addEventListener("input", search);
  results.addEventListener("click", (event) => {
    if (event.target.closest("a")) setTimeout(close);
  });
  document.addEventListener("keydown", (event) => {
    const links = [...results.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "/" && document.activeElement !== box) {
      event.preventDefault();
      box.focus();
    } else if (event.key === "Escape") {
      close();
      if (at >= 0) box.focus();
    } else if (event.key === "Enter" && document.activeElement === box && links.length) {
      links[0].click();
      document.getElementById("content").focus({ preventScroll: true });
    } else if (event.key === "ArrowDown" && links.length && (at >= 0 || document.activeElement === box)) {
      event.preventDefault();
      links[Math.min(at + 1, links.length - 1)].focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      event.preventDefault();
      (links[at - 1] || box).focus();
    }
  });

  addEventListener("hashchange", route);
  route();
})();
