"use strict";
{
  // Before the first paint: the theme chosen last time, where the browser lets a file keep one.
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen) document.documentElement.dataset.theme = chosen;
  } catch { /* no storage: the system's theme */ }
}
