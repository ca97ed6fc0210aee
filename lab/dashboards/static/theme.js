// Before the first picture, so that a chosen theme does not flash: as the system has it, or light
// or dark.
try {
  const theme = localStorage.getItem("lab-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing follows the system.
}
