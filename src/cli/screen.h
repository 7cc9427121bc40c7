// SPDX-License-Identifier: Apache-2.0
// Text for people: wrapped paragraphs, aligned tables, colours where they are wanted. Colours only on a terminal and not
// with NO_COLOR; control characters in stored text never reach the terminal. May call: pool.
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include "cli/pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum tone { TONE_PLAIN, TONE_BOLD, TONE_DIM, TONE_RED, TONE_GREEN, TONE_YELLOW, TONE_BLUE };

struct screen {
    FILE *file;
    bool terminal, colour;
    size_t width; // columns; 100 when not a terminal, so that output does not depend on where it runs
};
void screen_init(struct screen *screen, FILE *file);

// Columns that the text takes, and the text with control characters replaced.
size_t text_width(const char *text);
char *text_clean(struct pool *pool, const char *text);

// One line without wrapping, newline added.
void screen_line(const struct screen *screen, enum tone tone, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// A paragraph wrapped at the width: its first line behind `lead` (may be ""), the others indented by `indent` columns.
void screen_paragraph(const struct screen *screen, enum tone tone, const char *lead, size_t indent, const char *text);
void screen_gap(const struct screen *screen);

// ---- tables -------------------------------------------------------------------------------------------------------

enum { TABLE_COLUMNS = 10 };
struct cell {
    const char *text;
    enum tone tone;
};
struct table {
    struct pool pool;
    size_t columns, rows;
    const char *headings[TABLE_COLUMNS];
    struct cell *cells; // rows * columns
};
// `headings`: one for each column.
void table_start(struct table *table, const char *const *headings, size_t columns);
// The next cell, row by row. The text is copied.
void table_cell(struct table *table, enum tone tone, const char *text);
// Aligned, behind `indent` spaces; columns without any text are left out, wide ones wrap. Frees the table.
void table_print(struct table *table, const struct screen *screen, size_t indent);

// ---- progress -----------------------------------------------------------------------------------------------------

// A line on standard error that rewrites itself; silent unless that is a terminal.
struct progress {
    const char *what;
    uint64_t shown;
    bool visible;
};
void progress_start(struct progress *progress, const char *what);
void progress_show(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress);

#endif
