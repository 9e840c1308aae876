"use strict";
(function () {
  const measures = JSON.parse(document.getElementById("measures").textContent);
  const chart = document.getElementById("chart");
  const drawing = document.getElementById("drawing");
  const panel = document.getElementById("panel");
  const tooltip = document.createElement("div");
  tooltip.id = "tooltip";
  tooltip.setAttribute("role", "tooltip");
  tooltip.hidden = true;
  document.body.append(tooltip);
  let shown = null; // the measure on the page, its view, and which of its departments is chosen
  let turn = 0;

  function element(name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  }

  function describe(department) {
    const list = document.createElement("dl");
    for (const [name, value] of department.details) list.append(element("dt", name), element("dd", value));
    panel.replaceChildren(element("h2", department.name), list);
    tooltip.replaceChildren(
      element("strong", department.name),
      ...department.details.map(([name, value]) => element("div", name + "：" + value))
    );
  }

  function placed(kind, left, width) {
    const made = document.createElement("i");
    made.className = kind;
    made.style.left = left + "%";
    if (width !== undefined) made.style.width = width + "%";
    return made;
  }

  // for a narrow screen: a row for each department, its name above its bar
  function listRows(measure) {
    const list = document.getElementById("rows");
    list.replaceChildren();
    const average = measure.departments.length ? measure.departments[0].row.average : null;
    if (average !== null) {
      const scale = element("div", "");
      const label = element("span", "平均 " + measure.average);
      label.style.left = average + "%";
      scale.className = "scale";
      scale.setAttribute("aria-hidden", "true");
      scale.append(label);
      list.append(scale);
    }
    measure.departments.forEach(function (department) {
      const button = document.createElement("button");
      const name = element("span", department.name + department.mark + " ");
      const track = element("span", "");
      button.type = "button";
      button.setAttribute("aria-pressed", "false");
      const sign = element("b", department.row.sign);
      if (department.row.is_below) sign.className = "below";
      name.append(sign);
      track.className = "track";
      track.setAttribute("aria-hidden", "true");
      if (department.row.low !== null) track.append(placed("range", department.row.low, department.row.width));
      if (average !== null) track.append(placed("average", average));
      track.append(placed("dot", department.row.place));
      button.append(name, element("span", department.rate), track);
      button.addEventListener("click", function () {
        for (const other of list.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
        describe(department);
      });
      list.append(button);
    });
  }

  // beside the pointer; not over the panel, which tells the same
  function place(x, y) {
    tooltip.hidden = false;
    const box = tooltip.getBoundingClientRect();
    const beside = panel.getBoundingClientRect().left;
    const edge = (beside > x ? Math.min(beside, window.innerWidth) : window.innerWidth) - 4;
    const left = x + 14 + box.width <= edge ? x + 14 : Math.min(x - 14, edge) - box.width;
    tooltip.style.left = Math.max(4, left) + "px";
    tooltip.style.top = Math.max(4, Math.min(y + 14, window.innerHeight - box.height - 4)) + "px";
  }

  function choose(index) {
    const department = shown.measure.departments[index];
    if (!department || !shown.view) return;
    shown.index = index;
    for (const view of [shown.view, shown.funnel]) if (view) view.signal("focused", department.code).run();
    describe(department);
  }

  // where a row stands on the screen: its mark in the drawn chart
  function rowBox(code) {
    let found = null;
    shown.view.scenegraph().root.items[0].items.forEach(function look(mark) {
      (mark.items || []).forEach(function (item) {
        if (item.items) item.items.forEach(look);
        if (mark.name && mark.name.indexOf("points") === 0 && item.datum && item.datum.code === code) found = item;
      });
    });
    if (!found) return null;
    const frame = chart.querySelector("svg").getBoundingClientRect();
    const [left, top] = shown.view.origin();
    return { x: frame.left + left + found.x, y: frame.top + top + found.y };
  }

  function followPointer(view) {
    view.addEventListener("mousemove", function (event, item) {
      const code = item && item.datum && item.datum.code;
      const index = code ? shown.measure.departments.findIndex((found) => found.code === code) : -1;
      if (index < 0) {
        tooltip.hidden = true;
        return;
      }
      if (index !== shown.index) choose(index);
      place(event.clientX, event.clientY);
    });
  }

  // the same departments against their answers; the keyboard reaches them in the chart above
  function showFunnel(measure, mine) {
    const funnel = document.getElementById("funnel-chart");
    funnel.setAttribute("aria-label", measure.funnel_alternative);
    document.getElementById("funnel-key").textContent = measure.funnel_key;
    vegaEmbed("#funnel-drawing", measure.funnel, { ast: true, actions: false, renderer: "svg", tooltip: false }).then(function (result) {
      if (mine !== turn) return;
      shown.funnel = result.view;
      followPointer(result.view);
      funnel.dataset.drawn = measure.measure;
    });
  }

  function show(name) {
    const mine = ++turn;
    const measure = measures[name];
    shown = { measure: measure, view: null, funnel: null, index: -1 };
    tooltip.hidden = true;
    document.getElementById("key").textContent = measure.key;
    chart.setAttribute("aria-label", measure.alternative);
    panel.replaceChildren(element("p", "还没有选中部门。"));
    for (const table of document.querySelectorAll("table[data-measure]")) table.hidden = table.dataset.measure !== name;
    listRows(measure);
    document.getElementById("funnel").hidden = !measure.funnel;
    if (!measure.specification) {
      drawing.replaceChildren(element("p", measure.alternative));
      return;
    }
    if (measure.funnel) showFunnel(measure, mine);
    vegaEmbed(drawing, measure.specification, { ast: true, actions: false, renderer: "svg", tooltip: false }).then(function (result) {
      if (mine !== turn) return; // another measure was chosen meanwhile
      shown.view = result.view;
      followPointer(result.view);
      chart.dataset.drawn = name;
    });
  }

  document.getElementById("funnel-chart").addEventListener("mouseleave", function () { tooltip.hidden = true; });
  chart.addEventListener("mouseleave", function () { tooltip.hidden = true; });
  chart.addEventListener("blur", function () { tooltip.hidden = true; });
  chart.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { tooltip.hidden = true; return; }
    const last = shown.measure.departments.length - 1;
    const next = { ArrowDown: Math.min(shown.index + 1, last), ArrowUp: Math.max(shown.index - 1, 0), Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
    const box = shown.view && rowBox(shown.measure.departments[next].code);
    if (box) place(box.x, box.y);
  });
  for (const input of document.querySelectorAll("input[name=measure]")) {
    input.addEventListener("change", function () { show(input.value); });
    if (input.checked) show(input.value);
  }
})();
