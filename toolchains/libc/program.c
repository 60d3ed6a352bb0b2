/* Uses what most programs use: the C library and the compiler's runtime. */
#include <stdio.h>

int main(int argc, char **argv) {
    printf("%s %f\n", argv[0], (double)argc / 3);
    return 0;
}
