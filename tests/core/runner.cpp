// The main() of each ring's tests: <ring>_tests [--list] [PART OF A NAME...]
#include "check.h"

int main(int count, char** arguments) { return nearabout::test::run(count, arguments); }
