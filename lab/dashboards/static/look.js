// How pictures look: colours and type of both themes, numbers and dates of both languages.

const FONT = 'system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif';
const LIGHT = {
  text: "#1d2733",
  muted: "#566273",
  line: "#e3e8ef",
  surface: "#ffffff",
  colours: ["#2f7ebc", "#e0a030", "#3a9e7c", "#d1495b", "#7d6bb3", "#46a8b5", "#b4653a", "#8a94a6", "#c36a9d", "#6b8f3c"],
  ramp: ["#cfeee2", "#7cc3c0", "#3b8bb0", "#25507f"],
};
const DARK = {
  text: "#e6ebf2",
  muted: "#a3afbf",
  line: "#2b3644",
  surface: "#18212c",
  colours: ["#5ba6e0", "#edb855", "#5cc29d", "#ec7484", "#a897dc", "#6cc8d4", "#d98d60", "#97a3b5", "#e095c0", "#94bb5f"],
  ramp: ["#1f4257", "#2b7d97", "#56bdb6", "#c9f2dc"],
};

export const systemTheme = matchMedia("(prefers-color-scheme: dark)");

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : systemTheme.matches;
}

/** The configuration of Vega; what a specification says itself wins over it. */
export function config() {
  const look = isDark() ? DARK : LIGHT;
  const labels = { labelColor: look.muted, titleColor: look.muted, labelFont: FONT, titleFont: FONT };
  return {
    background: null,
    font: FONT,
    aria: false, // the picture has its name and, beside it, its table
    view: { stroke: null },
    axis: {
      ...labels,
      labelFontSize: 11,
      titleFontSize: 11,
      titleFontWeight: 500,
      titlePadding: 8,
      gridColor: look.line,
      domainColor: look.line,
      tickColor: look.line,
    },
    legend: { ...labels, labelFontSize: 11, titleFontSize: 11, titleFontWeight: 500, symbolType: "circle", rowPadding: 4 },
    header: labels,
    title: { color: look.text, font: FONT },
    text: { fill: look.text, color: look.text, font: FONT },
    mark: { color: look.colours[0] },
    arc: { stroke: look.surface, strokeWidth: 1 },
    range: { category: look.colours, ramp: look.ramp, heatmap: look.ramp },
  };
}

const FRENCH = {
  number: { decimal: ",", thousands: "\u202f", grouping: [3], currency: ["", "\u00a0€"], percent: "\u202f%" },
  time: {
    dateTime: "%A %e %B %Y à %X",
    date: "%d/%m/%Y",
    time: "%H:%M:%S",
    periods: ["AM", "PM"],
    days: ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
    shortDays: ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
    months: ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
    shortMonths: ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
  },
};

export function locale(language) {
  if (language !== "fr") return undefined;
  // Ticks within a day are counted on 24 hours, as the language does.
  const built = vega.locale(FRENCH.number, FRENCH.time);
  const formats = {
    hours: "%H h", minutes: "%H:%M", seconds: "%H:%M:%S", milliseconds: "%H:%M:%S,%L",
    date: "%e %b", day: "%a %e", week: "%e %b", month: "%B", quarter: "%B", year: "%Y",
  };
  const timeFormat = built.timeFormat;
  built.timeFormat = (format) => (typeof format === "string" ? timeFormat(format) : timeFormat({ ...formats, ...format }));
  return built;
}
