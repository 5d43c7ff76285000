// Rows of tokens, with numbers between them. All text goes in through textContent.

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function drawRow(row, tints) {
  const box = element("div", "row", "");
  box.role = "listitem";
  const pieces = element("div", "pieces", "");
  const marked = (place) => (row.place !== null && place === row.place ? "yes" : "no");
  row.pieces.forEach((shown, place) => {
    const piece = element("span", "piece", shown);
    piece.dir = "auto";
    piece.title = row.details[place];
    piece.style.setProperty("--tint", tints[place % tints.length]);
    piece.dataset.marked = row.place !== null && (place === row.place || place === row.place + 1) ? "yes" : "no";
    pieces.append(piece);
    if (place < row.gaps.length) {
      const gap = element("span", "gap", row.gaps[place]);
      gap.dataset.marked = marked(place);
      pieces.append(gap);
    }
  });
  box.append(element("div", "label", row.label), pieces);
  return box;
}

export default function (component) {
  const { data, parentElement } = component;
  const host = parentElement.host ?? parentElement;
  host.style.setProperty("--marked", data.marked);
  const ladder = parentElement.querySelector(".ladder");
  ladder.setAttribute("aria-label", data.name);
  ladder.replaceChildren(...data.rows.map((row) => drawRow(row, data.tints)));
}
