/* Pseudo-terminals and terminal settings. */
#include "agent.h"

/* Opens a pty through the devpts of the namespace that the agent is in. */
int pty_open(struct pty *pty, u16 rows, u16 columns) {
  int unlock = 0;
  pty->slave = -1;
  pty->master = sys_open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK, 0);
  if (pty->master < 0) return pty->master;
  int result = sys_ioctl(pty->master, TIOCSPTLCK, &unlock);
  if (result >= 0) result = pty->slave = sys_ioctl(pty->master, TIOCGPTPEER, (void *)(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (result < 0) {
    sys_close(pty->master);
    return result;
  }
  terminal_resize(pty->master, rows, columns);
  return 0;
}

int terminal_resize(int fd, u16 rows, u16 columns) {
  struct terminal_size size = {rows, columns, 0, 0};
  return sys_ioctl(fd, TIOCSWINSZ, &size);
}

int terminal_size(int fd, u16 *rows, u16 *columns) {
  struct terminal_size size = {0, 0, 0, 0};
  int result = sys_ioctl(fd, TIOCGWINSZ, &size);
  *rows = size.rows;
  *columns = size.columns;
  return result;
}

int terminal_raw(int fd, int on, struct termios *saved) {
  if (!on) return sys_ioctl(fd, TCSETS, saved);
  int result = sys_ioctl(fd, TCGETS, saved);
  if (result < 0) return result;
  struct termios raw = *saved;
  raw.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
  raw.c_oflag &= ~OPOST;
  raw.c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  raw.c_cflag &= ~(CSIZE | PARENB);
  raw.c_cflag |= CS8;
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  return sys_ioctl(fd, TCSETS, &raw);
}
