import { type Content, type Html, html } from './html.js';

/** A column of a table. Words begin at the left, numbers end at the right. */
export interface Column {
  readonly title: string;
  readonly words?: boolean | undefined;
}

export interface TableOptions {
  /** What the table holds: its caption. */
  readonly caption: string;
  readonly columns: readonly Column[];
  /** One cell per column. The first one is the heading of its row. */
  readonly rows: readonly (readonly Content[])[];
  /** A last row of sums or means. */
  readonly total?: readonly Content[] | undefined;
}

/** A table that scrolls sideways by itself where the page is too narrow. */
export function table({ caption, columns, rows, total }: TableOptions): Html {
  const body = rows.map((row) => html`<tr>${cells(columns, row)}</tr>`);
  return scrolling(
    caption,
    html`
      <table><caption>${caption}</caption>
      <thead><tr>${columns.map((column) => html`<th scope="col"${side(column)}>${column.title}</th>`)}</tr></thead>
      <tbody>${body}${total && html`<tr class="total">${cells(columns, total)}</tr>`}</tbody></table>`,
  );
}

function cells(columns: readonly Column[], row: readonly Content[]): Html[] {
  return columns.map((column, i) =>
    i === 0 ? html`<th scope="row"${side(column)}>${row[i]}</th>` : html`<td${side(column)}>${row[i]}</td>`,
  );
}

const side = ({ words }: Column): Html | undefined => (words ? html` class="words"` : undefined);

/** Counts of answers, each row shaded by its shares. */
export interface MatrixOptions {
  readonly caption: string;
  /** Names of rows and columns. */
  readonly classes: readonly string[];
  /** [true class][predicted class] */
  readonly counts: readonly (readonly number[])[];
}

/** A confusion matrix. */
export function matrix({ caption, classes, counts }: MatrixOptions): Html {
  const rows = classes.map((name, i) => {
    const row = classes.map((_, j) => counts[i]?.[j] ?? 0);
    const sum = row.reduce((a, b) => a + b, 0);
    const shares = row.map((n) => (sum === 0 ? 0 : n / sum));
    return html`<tr><th scope="row" class="words">${name}</th>${row.map((n, j) => cell(n, shares[j] ?? 0, i === j))}</tr>`;
  });
  return scrolling(
    caption,
    html`
      <table class="matrix"><caption>${caption}</caption>
      <thead><tr><th scope="col" class="words">true \\ said</th>${classes.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${rows}</tbody></table>`,
  );
}

function cell(count: number, share: number, right: boolean): Html {
  return html`<td${right && html` class="right"`} style="--part:${share.toFixed(3)}">${count.toLocaleString('en')}<small>${Math.round(100 * share)} %</small></td>`;
}

function scrolling(caption: string, content: Html): Html {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}">${content}</div>`;
}
