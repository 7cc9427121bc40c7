// SPDX-License-Identifier: Apache-2.0
// Wrapping, tables and colours. Owns everything that depends on what kind of terminal there is.
#include "cli/screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PLAIN_WIDTH = 100, LEAST_WIDTH = 60, MOST_WIDTH = 140, LEAST_COLUMN = 10, COLUMN_GAP = 2 };

static const char *const tones[] = {
    [TONE_PLAIN] = "",         [TONE_BOLD] = "\033[1m",    [TONE_DIM] = "\033[2m",   [TONE_RED] = "\033[1;31m",
    [TONE_GREEN] = "\033[32m", [TONE_YELLOW] = "\033[33m", [TONE_BLUE] = "\033[36m",
};

static size_t terminal_width(int descriptor) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return PLAIN_WIDTH;
    return size.ws_col < LEAST_WIDTH ? LEAST_WIDTH : size.ws_col > MOST_WIDTH ? MOST_WIDTH : size.ws_col;
}

void screen_init(struct screen *screen, FILE *file) {
    const char *no_colour = getenv("NO_COLOR"), *kind = getenv("TERM");
    screen->file = file;
    screen->terminal = isatty(fileno(file)) == 1;
    screen->colour = screen->terminal && (!no_colour || !*no_colour) && kind && strcmp(kind, "dumb") != 0;
    screen->width = screen->terminal ? terminal_width(fileno(file)) : PLAIN_WIDTH;
}

size_t text_width(const char *text) {
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

// Bytes of a control character at `text`: 0 none, 1 ASCII, 2 C1 in UTF-8.
static size_t control_size(const char *text) {
    unsigned char first = (unsigned char)text[0], second = (unsigned char)text[1];
    if (first < 0x20 || first == 0x7F)
        return 1;
    return first == 0xC2 && second >= 0x80 && second < 0xA0 ? 2 : 0;
}

char *text_clean(struct pool *pool, const char *text) {
    char *clean = pool_copy(pool, text, strlen(text)), *out = clean;
    for (const char *in = text; *in;) {
        size_t control = control_size(in);
        *out++ = control == 0 ? *in : *in == '\n' || *in == '\t' ? ' ' : '?';
        in += control ? control : 1;
    }
    *out = '\0';
    return clean;
}

// Text in a tone, already clean.
static void put(const struct screen *screen, enum tone tone, const char *text, size_t size) {
    bool coloured = screen->colour && tone != TONE_PLAIN && size > 0;
    if (coloured)
        fputs(tones[tone], screen->file);
    fwrite(text, 1, size, screen->file);
    if (coloured)
        fputs("\033[0m", screen->file);
}

static void put_spaces(const struct screen *screen, size_t count) {
    for (; count > 0; count--)
        fputc(' ', screen->file);
}

void screen_line(const struct screen *screen, enum tone tone, const char *format, ...) {
    struct pool pool = {0};
    va_list arguments;
    va_start(arguments, format);
    char *text = text_clean(&pool, pool_vprint(&pool, format, arguments));
    va_end(arguments);
    put(screen, tone, text, strlen(text));
    fputc('\n', screen->file);
    pool_free(&pool);
}

void screen_gap(const struct screen *screen) { fputc('\n', screen->file); }

// Bytes of `text` that fit into `width` columns, broken behind a word where that is possible. *rest: where to go on.
static size_t line_break(const char *text, size_t width, const char **rest) {
    size_t columns = 0, end = 0, space = 0;
    while (text[end] && columns < width) {
        if (text[end] == ' ')
            space = end;
        do
            end++;
        while (((unsigned char)text[end] & 0xC0) == 0x80);
        columns++;
    }
    if (text[end] && text[end] != ' ' && space > 0)
        end = space;
    *rest = text + end;
    while (**rest == ' ')
        ++*rest;
    return end;
}

void screen_paragraph(const struct screen *screen, enum tone tone, const char *lead, size_t indent, const char *text) {
    struct pool pool = {0};
    const char *rest = text_clean(&pool, text);
    put(screen, TONE_PLAIN, lead, strlen(lead));
    size_t used = text_width(lead);
    do {
        const char *line = rest;
        size_t width = used + LEAST_COLUMN < screen->width ? screen->width - used : LEAST_COLUMN;
        size_t size = line_break(line, width, &rest);
        put(screen, tone, line, size);
        fputc('\n', screen->file);
        if (*rest)
            put_spaces(screen, indent);
        used = indent;
    } while (*rest);
    pool_free(&pool);
}

// ---- tables -------------------------------------------------------------------------------------------------------

void table_start(struct table *table, const char *const *headings, size_t columns) {
    memset(table, 0, sizeof *table);
    table->columns = columns < TABLE_COLUMNS ? columns : TABLE_COLUMNS;
    for (size_t i = 0; i < table->columns; i++)
        table->headings[i] = headings[i];
}

void table_cell(struct table *table, enum tone tone, const char *text) {
    table->cells = pool_grow(&table->pool, table->cells, table->rows, sizeof *table->cells);
    struct cell *cell = &table->cells[table->rows++]; // cells while it is filled, rows once it is printed
    cell->text = text_clean(&table->pool, text);
    cell->tone = tone;
}

static size_t column_natural(const struct table *table, size_t column) {
    size_t width = 0;
    for (size_t row = 0; row < table->rows; row++) {
        size_t cell = text_width(table->cells[row * table->columns + column].text);
        width = cell > width ? cell : width;
    }
    if (width == 0)
        return 0; // nothing in it: left out
    size_t heading = text_width(table->headings[column]);
    return heading > width ? heading : width;
}

// Columns of the longest word in a column: ids and names are never broken, so that they can be copied.
static size_t column_least(const struct table *table, size_t column) {
    size_t least = LEAST_COLUMN;
    for (size_t row = 0; row < table->rows; row++) {
        const char *text = table->cells[row * table->columns + column].text;
        while (*text) {
            size_t word = strcspn(text, " "), width = 0;
            for (size_t i = 0; i < word; i++)
                width += ((unsigned char)text[i] & 0xC0) != 0x80;
            least = width > least ? width : least;
            text += word + (text[word] == ' ');
        }
    }
    return least;
}

// Widths that fit, if that is possible without breaking words: the widest column gives way first.
static void column_widths(const struct table *table, size_t available, size_t *widths) {
    size_t least[TABLE_COLUMNS], total = 0;
    for (size_t i = 0; i < table->columns; i++) {
        least[i] = column_least(table, i);
        total += widths[i] ? widths[i] + COLUMN_GAP : 0;
    }
    while (total > available + COLUMN_GAP) {
        size_t widest = table->columns;
        for (size_t i = 0; i < table->columns; i++) {
            bool can = widths[i] > least[i];
            widest = can && (widest == table->columns || widths[i] > widths[widest]) ? i : widest;
        }
        if (widest == table->columns)
            return;
        widths[widest]--;
        total--;
    }
}

static void row_print(const struct screen *screen, size_t indent, const struct cell *cells, const size_t *widths,
                      size_t columns) {
    const char *rest[TABLE_COLUMNS];
    bool more = true;
    for (size_t i = 0; i < columns; i++)
        rest[i] = cells[i].text;
    while (more) {
        size_t owed = indent; // spaces are only put in front of text, so that no line ends in spaces
        more = false;
        for (size_t i = 0; i < columns; i++) {
            if (widths[i] == 0)
                continue;
            const char *line = rest[i];
            size_t size = line_break(line, widths[i], &rest[i]), columns_used = 0;
            for (size_t at = 0; at < size; at++)
                columns_used += ((unsigned char)line[at] & 0xC0) != 0x80;
            if (size > 0) {
                put_spaces(screen, owed);
                put(screen, cells[i].tone, line, size);
                owed = 0;
            }
            owed += widths[i] - columns_used + COLUMN_GAP;
            more = more || *rest[i];
        }
        fputc('\n', screen->file);
    }
}

void table_print(struct table *table, const struct screen *screen, size_t indent) {
    size_t widths[TABLE_COLUMNS];
    struct cell headings[TABLE_COLUMNS];
    table->rows /= table->columns;
    for (size_t i = 0; i < table->columns; i++) {
        widths[i] = column_natural(table, i);
        headings[i] = (struct cell){table->headings[i], TONE_DIM};
    }
    column_widths(table, screen->width > indent ? screen->width - indent : 0, widths);
    row_print(screen, indent, headings, widths, table->columns);
    for (size_t row = 0; row < table->rows; row++)
        row_print(screen, indent, table->cells + row * table->columns, widths, table->columns);
    pool_free(&table->pool);
    memset(table, 0, sizeof *table);
}

// ---- progress -----------------------------------------------------------------------------------------------------

void progress_start(struct progress *progress, const char *what) {
    progress->what = what;
    progress->shown = 0;
    progress->visible = isatty(STDERR_FILENO) == 1;
}

void progress_show(struct progress *progress, uint64_t done) {
    static const char wheel[] = "|/-\\";
    if (!progress->visible)
        return;
    fprintf(stderr, "\r%c %s: %llu records", wheel[progress->shown++ % 4], progress->what, (unsigned long long)done);
    fflush(stderr);
}

void progress_end(struct progress *progress) {
    if (progress->visible && progress->shown > 0)
        fputs("\r\033[K", stderr);
}
