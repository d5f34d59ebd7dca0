// Draws the page's plotly figures in the reader's theme and gives sliders their names. No other page script is needed.
{
  const folder = document.currentScript.src.replace(/avl-book\.js.*$/, "");
  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Theme colours go into the figure's template, so that whatever an author chose explicitly stays.
  const axis = () => ({
    gridcolor: css("--avl-grid"), zerolinecolor: css("--avl-axis"), linecolor: css("--avl-axis"), tickcolor: css("--avl-axis"),
  });
  const themed = template => {
    const layout = (template && template.layout) || {};
    const box = { bgcolor: css("--avl-control"), bordercolor: css("--avl-axis"), font: { color: css("--avl-ink") } };
    const kinds = ["xaxis", "yaxis"].map(kind => [kind, { ...layout[kind], ...axis() }]);
    const scene = Object.fromEntries(["xaxis", "yaxis", "zaxis"].map(kind => [
      kind, { ...(layout.scene || {})[kind], ...axis(), backgroundcolor: "rgba(0,0,0,0)" }]));
    return {
      ...template,
      layout: {
        ...layout, ...Object.fromEntries(kinds), scene: { ...layout.scene, ...scene },
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
        font: { ...layout.font, color: css("--avl-ink"), family: css("--pst-font-family-base") },
        annotationdefaults: { ...layout.annotationdefaults, arrowcolor: css("--avl-ink") },
        hoverlabel: { ...layout.hoverlabel, ...box },
        legend: { ...layout.legend, bgcolor: "rgba(0,0,0,0)" },
        sliderdefaults: { ...layout.sliderdefaults, ...box, activebgcolor: css("--avl-accent") },
        updatemenudefaults: { ...layout.updatemenudefaults, ...box },
      },
    };
  };

  const draw = async box => {
    const figure = JSON.parse(box.querySelector("script").textContent);
    const layout = { ...figure.layout, template: themed(figure.layout.template) };
    delete layout.paper_bgcolor;
    delete layout.plot_bgcolor;
    const place = box.appendChild(document.createElement("div"));
    const config = { responsive: true, displaylogo: false, ...figure.config };
    await Plotly.newPlot(place, { data: figure.data || [], layout, config, frames: figure.frames || [] });
    box.dataset.drawn = "yes";
  };
  const recolour = () => document.querySelectorAll(".avl-plotly .js-plotly-plot").forEach(place =>
    Plotly.relayout(place, { template: themed(place.layout.template) }));

  const nameHandles = () => document.querySelectorAll(".noUi-handle:not([aria-label])").forEach(handle => {
    const label = handle.closest(".jupyter-widgets")?.querySelector(".widget-label");
    if (label) handle.setAttribute("aria-label", label.textContent);
  });

  addEventListener("DOMContentLoaded", () => {
    if (window.MathJax && !MathJax.Hub)  // ipywidgets still calls the queue of MathJax 2
      MathJax.Hub = { Queue: job => job && job[2] && MathJax.typesetPromise && MathJax.typesetPromise([job[2]]) };
    new MutationObserver(nameHandles).observe(document.body, { childList: true, subtree: true });
    const boxes = [...document.querySelectorAll(".avl-plotly")];
    if (!boxes.length) return;
    const script = document.createElement("script");
    script.src = folder + "vendor/plotly.min.js";
    script.onload = async () => {
      for (const box of boxes) await draw(box);
      new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    };
    document.head.append(script);
  });
}
