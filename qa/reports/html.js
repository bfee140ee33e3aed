"use strict";
(() => {
  const marks = [...document.querySelectorAll("mark")];
  const notes = [...document.querySelectorAll(".note")];
  const output = document.getElementById("count");
  const noteOf = (mark) => document.getElementById(mark.id.replace("f", "n"));
  const markOf = (note) => document.getElementById(note.id.replace("n", "f"));
  const isOff = (element) => getComputedStyle(element).getPropertyValue("--display").trim() === "none";

  // How high the bar of filters stands at the top of the window.
  const filters = document.querySelector(".filters");
  const bar = () => (filters && getComputedStyle(filters).position === "sticky" ? filters.offsetHeight : 0);
  const measure = () => document.documentElement.style.setProperty("--bar", `${bar()}px`);
  addEventListener("resize", measure);
  measure();

  // What the filters leave out is not to be reached by keyboard either.
  const filter = () => {
    for (const mark of marks) mark.tabIndex = isOff(mark) ? -1 : 0;
    const shown = notes.filter((note) => !isOff(note)).length;
    if (output) output.textContent = shown === notes.length ? "" : `${shown} of ${notes.length}`;
  };
  document.addEventListener("change", filter);
  filter();

  // A card stands under its phrase and within its paragraph; over it, where there is no room below.
  const place = (mark) => {
    const card = mark.nextElementSibling;
    const around = mark.closest(".text > *");
    card.style.left = card.style.top = "";
    if (getComputedStyle(card).position === "fixed") return;
    const lines = mark.getClientRects();
    const [first, last] = [lines[0], lines[lines.length - 1]];
    const { left, top } = around.getBoundingClientRect();
    card.style.left = `${Math.max(0, Math.min(last.left - left - 12, around.clientWidth - card.offsetWidth))}px`;
    const room = first.top - bar();
    if (last.bottom + card.offsetHeight > innerHeight && card.offsetHeight < room) {
      card.style.top = `${first.top - top - card.offsetHeight}px`;
    }
  };
  const reveal = (note) => {
    const list = note?.closest(".notes");
    if (list && list.scrollHeight > list.clientHeight) list.scrollTop = note.offsetTop - list.clientHeight / 3;
  };
  const light = (mark, on) => {
    mark.parentElement.classList.toggle("lit", on);
    noteOf(mark)?.classList.toggle("lit", on);
  };
  for (const mark of marks) {
    const finding = mark.parentElement;
    const enter = () => {
      finding.classList.remove("hushed");
      place(mark);
      light(mark, true);
    };
    const leave = () => light(mark, false);
    // A card that focus has opened already stays where it is when the mouse comes to it.
    const isOpen = () => finding.contains(document.activeElement) && !finding.classList.contains("hushed");
    finding.addEventListener("mouseenter", () => { if (!isOpen()) enter(); });
    finding.addEventListener("mouseleave", leave);
    mark.addEventListener("focus", () => { enter(); reveal(noteOf(mark)); });
    finding.addEventListener("focusout", leave);
  }
  for (const note of notes) {
    const mark = markOf(note);
    if (!mark) continue;
    note.addEventListener("mouseenter", () => light(mark, true));
    note.addEventListener("mouseleave", () => light(mark, false));
    note.querySelector("a.place")?.addEventListener("click", (event) => {
      event.preventDefault();
      go(mark);
    });
  }

  const go = (mark) => {
    mark.scrollIntoView({ block: "center" });
    mark.focus({ preventScroll: true });
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      for (const finding of document.querySelectorAll(".finding")) finding.classList.add("hushed");
      return;
    }
    if (event.key !== "j" && event.key !== "k") return;
    const open = marks.filter((mark) => mark.tabIndex === 0);
    if (!open.length) return;
    const step = event.key === "j" ? 1 : -1;
    const here = open.indexOf(document.activeElement);
    const next = here < 0 ? (step > 0 ? 0 : open.length - 1) : (here + step + open.length) % open.length;
    go(open[next]);
  });

  // A rule's page unfolds when a card points to it.
  const unfold = () => {
    const target = location.hash.startsWith("#rule-") && document.getElementById(location.hash.slice(1));
    if (target) target.parentElement.open = true;
  };
  addEventListener("hashchange", unfold);
  unfold();
})();
