// What the browser tests ask of a page; loaded before the page's own scripts.
window.avl = {
  all: selector => [...document.querySelectorAll(selector)],

  // Everything that draws itself has done so.
  ready() {
    const drawn = avl.all(".avl-plotly").every(box => box.dataset.drawn === "yes");
    const written = avl.all(".math").every(math => math.querySelector("mjx-container"));
    const state = document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]');
    const views = avl.all('script[type="application/vnd.jupyter.widget-view+json"]');
    const named = avl.all(".noUi-handle").every(handle => handle.hasAttribute("aria-label"));
    const shown = !state || views.every(view => view.parentElement.querySelector(".jupyter-widgets"));
    return document.readyState === "complete" && drawn && written && shown && named;
  },

  counts() {
    return {
      plots: avl.all(".avl-plotly .js-plotly-plot > .plot-container").length,
      math: avl.all(".math mjx-container").length,
      sliders: avl.all(".noUi-handle").length,
      players: avl.all(".cell_output audio, .cell_output video").filter(player => !player.closest(".jupyter-widgets")).length,
    };
  },

  // What is there but can't be used by everyone, or shows that something went wrong.
  broken() {
    const found = [];
    const none = (selector, why) => avl.all(selector).forEach(element => found.push(`${why}: ${element.outerHTML.slice(0, 120)}`));
    none("mjx-merror, mjx-container [style*='color: red']", "an equation that MathJax can't read");
    none("img:not([alt]), img[alt='']", "a picture without words");
    none(".avl-plotly:not([aria-label]), .avl-plotly[aria-label='']", "a figure without words");
    none("audio:not([aria-label]), video:not([aria-label])", "a player without a name");
    none(".noUi-handle:not([aria-label])", "a slider without a name");
    avl.all("img").filter(img => img.complete && !img.naturalWidth).forEach(img => found.push(`an empty picture: ${img.src.slice(0, 120)}`));
    avl.all("audio, video").filter(player => player.error).forEach(player => found.push(`a dead player: ${player.src}`));
    return found;
  },

  // The page has this theme, and its figures have followed.
  shows(theme) {
    const ink = getComputedStyle(document.documentElement).getPropertyValue("--avl-ink").trim();
    const figures = avl.all(".avl-plotly .js-plotly-plot");
    return document.documentElement.dataset.theme === theme && figures.every(figure => figure._fullLayout.font.color === ink);
  },

  // Text that stands out too little from what is behind it, and plots that keep a ground of their own in the dark.
  pale() {
    const found = [];
    const kinds = "p, li, td, th, h1, h2, h3, dt, dd, figcaption, pre, .avl-status, .widget-label, .avl-label, .admonition-title, .sd-card-title";
    for (const element of avl.all(`.bd-article :is(${kinds})`).filter(avl.visible)) {
      const ratio = avl.contrast(avl.over(avl.ground(element), getComputedStyle(element).color), avl.ground(element));
      if (ratio < 4.5) found.push(`contrast ${ratio.toFixed(1)}: ${element.textContent.trim().slice(0, 60)}`);
    }
    const dark = document.documentElement.dataset.theme === "dark";
    for (const plot of avl.all(".avl-plotly .main-svg")) {
      const ground = avl.pixel(getComputedStyle(plot).backgroundColor);
      if (dark && ground[3] > 0 && avl.luminance(ground) > 0.3) found.push("a plot with a pale ground");
    }
    return found;
  },

  // What is wider than the screen and isn't inside something that scrolls by itself.
  overflow() {
    if (document.documentElement.scrollWidth <= innerWidth + 1) return [];
    const beyond = element => element.getBoundingClientRect().right > innerWidth + 1;
    const free = element => {
      for (let at = element.parentElement; at && at !== document.body; at = at.parentElement)
        if (getComputedStyle(at).overflowX !== "visible") return false;
      return true;
    };
    return avl.all("body *").filter(element => beyond(element) && free(element)).slice(0, 5)
      .map(element => `${Math.round(element.getBoundingClientRect().right)} wide: ${element.outerHTML.slice(0, 160)}`);
  },

  visible: element => element.offsetParent !== null && element.textContent.trim() !== "",

  ground(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(getComputedStyle(at).backgroundColor);
    return layers.reverse().reduce(avl.over, [255, 255, 255, 255]);
  },
  over(below, colour) {
    const [r, g, b, a] = avl.pixel(colour), share = a / 255;
    return [r, g, b].map((value, i) => value * share + below[i] * (1 - share)).concat(255);
  },
  pixel(colour) {
    avl.canvas ||= Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
    avl.canvas.clearRect(0, 0, 1, 1);
    avl.canvas.fillStyle = colour;
    avl.canvas.fillRect(0, 0, 1, 1);
    return [...avl.canvas.getImageData(0, 0, 1, 1).data];
  },
  luminance(colour) {
    const [r, g, b] = colour.map(value => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  },
  contrast(one, other) {
    const [low, high] = [avl.luminance(one), avl.luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  },
};
