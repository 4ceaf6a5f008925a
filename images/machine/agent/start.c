/*
 * Program start, the system call instruction, and the memory functions that the compiler calls by name.
 * With DRYDOCK_FREESTANDING the binary has no libc at all; without it libc's start and memory
 * functions are used, so that the sources also build with a plain `gcc -m32 -static`.
 */
#include "sys.h"

__asm__(
    ".text\n"
    ".globl sys_call\n"
    "sys_call:\n"
    "  push %ebp\n  push %edi\n  push %esi\n  push %ebx\n"
    "  mov 20(%esp), %eax\n"
    "  mov 24(%esp), %ebx\n"
    "  mov 28(%esp), %ecx\n"
    "  mov 32(%esp), %edx\n"
    "  mov 36(%esp), %esi\n"
    "  mov 40(%esp), %edi\n"
    "  mov 44(%esp), %ebp\n"
    "  int $0x80\n"
    "  pop %ebx\n  pop %esi\n  pop %edi\n  pop %ebp\n"
    "  ret\n"
    /* The child of clone3 starts on its own stack and never returns. */
    ".globl sys_clone3_call\n"
    "sys_clone3_call:\n"
    "  push %edi\n  push %esi\n  push %ebx\n"
    "  mov 16(%esp), %ebx\n"
    "  mov 20(%esp), %ecx\n"
    "  mov 24(%esp), %esi\n"
    "  mov 28(%esp), %edi\n"
    "  mov $435, %eax\n"
    "  int $0x80\n"
    "  test %eax, %eax\n"
    "  jnz 1f\n"
    "  cmpl $0, 0x28(%ebx)\n" /* args.stack: 0 means a fork that keeps its stack */
    "  je 2f\n"
    "  xor %ebp, %ebp\n"
    "  and $-16, %esp\n"
    "  sub $12, %esp\n"
    "2:\n"
    "  push %edi\n"
    "  call *%esi\n"
    "  mov $252, %eax\n  mov $127, %ebx\n  int $0x80\n"
    "  hlt\n"
    "1:\n"
    "  pop %ebx\n  pop %esi\n  pop %edi\n"
    "  ret\n");

#ifdef DRYDOCK_FREESTANDING
__asm__(
    ".text\n"
    ".globl _start\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  mov %esp, %eax\n"
    "  and $-16, %esp\n"
    "  sub $12, %esp\n"
    "  push %eax\n"
    "  call start_main\n"
    "  hlt\n");

int main(int argc, char **argv, char **envp);

/* Called once with the kernel's initial stack: argc, argv…, 0, envp…, 0. */
__attribute__((used)) void start_main(long *stack) {
  int argc = stack[0];
  char **argv = (char **)(stack + 1);
  sys_exit(main(argc, argv, argv + argc + 1));
}

void *memcpy(void *to, const void *from, unsigned long length) {
  void *start = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
  return start;
}

void *memmove(void *to, const void *from, unsigned long length) {
  if (to <= from || (char *)to >= (char *)from + length) return memcpy(to, from, length);
  char *t = (char *)to + length - 1;
  const char *f = (const char *)from + length - 1;
  __asm__ volatile("std\n rep movsb\n cld" : "+D"(t), "+S"(f), "+c"(length) : : "memory");
  return to;
}

void *memset(void *to, int byte, unsigned long length) {
  void *start = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(length) : "a"(byte) : "memory");
  return start;
}

int memcmp(const void *a, const void *b, unsigned long length) {
  const u8 *x = a, *y = b;
  for (; length; length--, x++, y++)
    if (*x != *y) return *x - *y;
  return 0;
}
#endif
