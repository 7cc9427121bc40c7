// SPDX-License-Identifier: Apache-2.0
// Feeds every file of the given folders (or files) to LLVMFuzzerTestOneInput, under any compiler.
// May call: the fuzz target it is linked with, POSIX.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// One input, in a block of exactly its size so that a sanitizer sees a read past the end.
static int replay_file(const char *path, size_t size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    uint8_t *data = malloc(size > 0 ? size : 1);
    int failed = data == NULL || fread(data, 1, size, file) != size;
    (void)fclose(file);
    if (failed)
        fprintf(stderr, "%s: cannot be read\n", path);
    else
        (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return failed;
}

static int replay_path(const char *path, size_t *count);

static int replay_folder(const char *path, size_t *count) {
    DIR *folder = opendir(path);
    if (folder == NULL) {
        perror(path);
        return 1;
    }
    int failed = 0;
    for (struct dirent *entry; !failed && (entry = readdir(folder)) != NULL;) {
        char child[4096];
        if (entry->d_name[0] == '.')
            continue;
        int length = snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        failed = length < 0 || (size_t)length >= sizeof child || replay_path(child, count);
    }
    (void)closedir(folder);
    return failed;
}

static int replay_path(const char *path, size_t *count) {
    struct stat status;
    if (stat(path, &status) != 0) {
        perror(path);
        return 1;
    }
    if (S_ISDIR(status.st_mode))
        return replay_folder(path, count);
    ++*count;
    return replay_file(path, (size_t)status.st_size);
}

int main(int argc, char **argv) {
    size_t count = 0;
    for (int i = 1; i < argc; ++i)
        if (replay_path(argv[i], &count))
            return 1;
    printf("%zu inputs replayed\n", count);
    if (count == 0) // an empty corpus proves nothing
        fprintf(stderr, "no inputs found\n");
    return count == 0;
}
