// How the caller's processor rounds, traps and takes subnormal numbers is as it was after every call, and makes no
// difference to results.
#include "support.h"

#if defined(__x86_64__)
static unsigned long mode(void) { return __builtin_ia32_stmxcsr(); }
static void set_mode(unsigned long mode) { __builtin_ia32_ldmxcsr((unsigned)mode); }
// As a process begins; subnormal numbers flushed; rounding upwards, with a flag set and division by zero trapped.
static const unsigned long modes[] = {0x1f80, 0x9fc0, 0x5d81};
#elif defined(__aarch64__)
static unsigned long mode(void) {
  unsigned long mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
}
static void set_mode(unsigned long mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
static const unsigned long modes[] = {0, 1ul << 24, 1ul << 22};
#elif defined(__arm__)
static unsigned long mode(void) {
  unsigned long mode;
  __asm__ volatile("vmrs %0, fpscr" : "=r"(mode));
  return mode;
}
static void set_mode(unsigned long mode) { __asm__ volatile("vmsr fpscr, %0" : : "r"(mode)); }
static const unsigned long modes[] = {0, 1ul << 24, 1ul << 22 | 1};
#else
static unsigned long mode(void) { return 0; }
static void set_mode(unsigned long mode) { (void)mode; }
static const unsigned long modes[] = {0};
#endif

int main(int argc, char **argv) {
  CHECK(argc == 2);
  pf_model *model = open_model(argv[1]);
  tensors expected = outputs_of(model, 2, 1);
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    set_mode(modes[i]);
    pf_error error;
    pf_session *session, *none;
    pf_session_options options = PF_SESSION_OPTIONS_INIT;
    options.threads = 2;
    pf_status created = pf_session_create(model, &options, &session, &error);
    unsigned long after_create = mode();
    options.memory = &options;
    options.memory_size = 1;
    pf_status refused = pf_session_create(model, &options, &none, &error);
    unsigned long after_refusal = mode();
    set_mode(modes[0]);
    CHECK(created == PF_OK && after_create == modes[i]);
    CHECK(refused == PF_ERROR_OUT_OF_MEMORY && after_refusal == modes[i]);

    tensors inputs = make_inputs(model, session, 1), outputs = make_outputs(model, session);
    set_mode(modes[i]);
    pf_status ran = pf_session_run(session, (const void *const *)inputs.data, outputs.data, &error);
    unsigned long after_run = mode();
    pf_status failed = pf_session_run(NULL, NULL, NULL, NULL);
    unsigned long after_failure = mode();
    set_mode(modes[0]);
    CHECK(ran == PF_OK && after_run == modes[i]);
    CHECK(failed == PF_ERROR_INVALID_ARGUMENT && after_failure == modes[i]);
    CHECK(same_bits(&outputs, &expected));
    free_tensors(&inputs);
    free_tensors(&outputs);
    pf_session_destroy(session);
  }
  free_tensors(&expected);
  pf_model_close(model);
  return 0;
}
