#include <stdio.h>

int main(void) {
    printf("thalweg %s\n", TW_VERSION);
    return 0;
}
