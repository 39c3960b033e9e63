"""Orders of acts that billing refuses, each with the sentence that it gives."""

FORBIDDEN = """
issued twice
    issue                       receivable +120    income -100    tax -20
    issue                       ! issued already

paid before it is issued
    pay 120                     ! draft … nothing can be applied

credited before it is issued
    credit all                  ! not issued … nothing to credit

written off before it is issued
    write off 120               ! draft

void before it is issued
    void                        ! not issued … nothing to void

more applied than is due
    issue                       receivable +120    income -100    tax -20
    receive 200                 clearing +200    receivable -200
    apply money 121             ! Only 120.00 GBP … is due … 121.00

more applied than was received
    issue                       receivable +120    income -100    tax -20
    receive 50                  clearing +50    receivable -50
    apply money 51              ! Only 50.00 GBP … is left … 51.00

paid twice
    issue                       receivable +120    income -100    tax -20
    pay 120                     clearing +120    receivable -120
    apply money 1               ! 0.00 GBP … is left

void when it is paid
    issue                       receivable +120    income -100    tax -20
    pay 10                      clearing +10    receivable -10
    void                        ! applied

void when it is credited
    issue                       receivable +120    income -100    tax -20
    credit 10                   income +10    tax +2    receivable -12
    void                        ! credit

void when some of it is written off
    issue                       receivable +120    income -100    tax -20
    write off 10                bad debt +10    receivable -10
    void                        ! applied

void twice
    issue                       receivable +120    income -100    tax -20
    void                        receivable -120    income +100    tax +20
    void                        ! void

paid when it is void
    issue                       receivable +120    income -100    tax -20
    void                        receivable -120    income +100    tax +20
    pay 120                     ! void … nothing can be applied

credited when it is void
    issue                       receivable +120    income -100    tax -20
    void                        receivable -120    income +100    tax +20
    credit all                  ! not issued

written off when it is void
    issue                       receivable +120    income -100    tax -20
    void                        receivable -120    income +100    tax +20
    write off 120               ! void

credited twice
    issue                       receivable +120    income -100    tax -20
    credit all                  income +100    tax +20    receivable -120
    credit 0.01                 ! Line 1: at most 0.00 GBP … left to be credited

credited for more than is left
    issue                       receivable +120    income -100    tax -20
    credit 60                   income +60    tax +12    receivable -72
    credit 50                   ! Line 1: at most 40.00 GBP … left to be credited

a credit note void when it is applied
    issue                       receivable +120    income -100    tax -20
    credit all                  income +100    tax +20    receivable -120
    apply credit 120
    void credit                 ! applied

a credit note void when it is paid out
    issue                       receivable +120    income -100    tax -20
    pay 120                     clearing +120    receivable -120
    credit all                  income +100    tax +20    receivable -120
    refund credit 120           receivable +120    clearing -120
    void credit                 ! applied

a credit note applied and paid out
    issue                       receivable +120    income -100    tax -20
    credit all                  income +100    tax +20    receivable -120
    apply credit 120
    refund credit 1             ! 0.00 GBP … left

a credit note paid out for more than it is
    issue                       receivable +120    income -100    tax -20
    credit 10                   income +10    tax +2    receivable -12
    refund credit 12.01         ! 12.00 GBP … left

a credit note paid out before its invoice is paid
    issue                       receivable +120    income -100    tax -20
    credit all                  income +100    tax +20    receivable -120
    refund credit 120           ! Only 0.00 GBP … can be paid out … apply it

a credit note paid out for more than was paid
    issue                       receivable +120    income -100    tax -20
    pay 50                      clearing +50    receivable -50
    credit all                  income +100    tax +20    receivable -120
    refund credit 50.01         ! Only 50.00 GBP … can be paid out

a credit note paid out in parts for more than was paid
    issue                       receivable +120    income -100    tax -20
    pay 50                      clearing +50    receivable -50
    credit 50                   income +50    tax +10    receivable -60
    refund credit 50            receivable +50    clearing -50
    credit 50                   income +50    tax +10    receivable -60
    refund credit 0.01          ! Only 0.00 GBP … can be paid out

a credit note paid out for what was written off
    issue                       receivable +120    income -100    tax -20
    write off 120               bad debt +120    receivable -120
    credit all                  income +100    tax +20    bad debt -120
    refund credit 0.01          ! Only 0.00 GBP … left

written off what its own credit note settles
    issue                       receivable +120    income -100    tax -20
    pay 60                      clearing +60    receivable -60
    credit all                  income +100    tax +20    receivable -120
    write off 60                ! 120.00 GBP … is credited and not applied yet

credited by a note of another invoice that nobody paid, then refunded by its own
    issue                       receivable +120    income -100    tax -20
    credit all                  income +100    tax +20    receivable -120
    next invoice                receivable +120    income -100    tax -20
    apply credit 120
    credit all                  income +100    tax +20    receivable -120
    refund credit 120           ! Only 0.00 GBP … can be paid out

the same, when the first invoice was given up
    issue                       receivable +120    income -100    tax -20
    credit all                  income +100    tax +20    receivable -120
    next invoice                receivable +120    income -100    tax -20
    apply credit 120
    write off first 120         bad debt +120    receivable -120
    credit all                  income +100    tax +20    receivable -120
    refund credit 120           ! Only 0.00 GBP … can be paid out

money un-applied that a credit note paid out
    issue                       receivable +120    income -100    tax -20
    pay 120                     clearing +120    receivable -120
    credit all                  income +100    tax +20    receivable -120
    refund credit 120           receivable +120    clearing -120
    un-apply money              ! was refunded by a credit note

a payment cancelled that a credit note paid out
    issue                       receivable +120    income -100    tax -20
    pay 120                     clearing +120    receivable -120
    credit all                  income +100    tax +20    receivable -120
    refund credit 120           receivable +120    clearing -120
    cancel payment              ! was refunded by a credit note

a retainer given free that a credit note paid out
    receive 120                 clearing +120    receivable -120
    hold retainer 120           receivable +120    retainer -120
    issue                       receivable +120    income -100    tax -20
    use retainer 120            retainer +120    receivable -120
    credit all                  income +100    tax +20    receivable -120
    refund credit 120           receivable +120    clearing -120
    cancel adjustment           ! was refunded by a credit note

money refunded after a refund whose payment bounced
    issue                       receivable +120    income -100    tax -20
    pay 120                     clearing +120    receivable -120
    credit all                  income +100    tax +20    receivable -120
    refund credit 120           receivable +120    clearing -120
    return payment              receivable +120    clearing -120
    receive 150                 clearing +150    receivable -150
    refund money 30.01          ! Only 30.00 GBP … can be paid out

a write-off cancelled that a credit note took back
    issue                       receivable +120    income -100    tax -20
    write off 120               bad debt +120    receivable -120
    credit all                  income +100    tax +20    bad debt -120
    cancel first adjustment     ! was taken back already

what takes a write-off back, cancelled by itself
    issue                       receivable +120    income -100    tax -20
    write off 120               bad debt +120    receivable -120
    credit all                  income +100    tax +20    bad debt -120
    cancel adjustment           ! It takes back

money refunded that an invoice has
    issue                       receivable +120    income -100    tax -20
    pay 120                     clearing +120    receivable -120
    refund money 1              ! 0.00 GBP … left

money refunded twice
    receive 50                  clearing +50    receivable -50
    refund money 50             receivable +50    clearing -50
    refund money 50             ! 0.00 GBP … left

a refund cancelled twice
    receive 50                  clearing +50    receivable -50
    refund money 50             receivable +50    clearing -50
    cancel refund               receivable -50    clearing +50
    cancel refund               ! cancelled already

a payment cancelled twice
    receive 50                  clearing +50    receivable -50
    cancel payment              receivable +50    clearing -50
    cancel payment              ! cancelled already

money applied that was cancelled
    receive 50                  clearing +50    receivable -50
    issue                       receivable +120    income -100    tax -20
    cancel payment              receivable +50    clearing -50
    apply money 50              ! cancelled

a payment cancelled whose money went back
    receive 50                  clearing +50    receivable -50
    refund money 20             receivable +20    clearing -20
    cancel payment              ! 20.00 GBP … Refund … Cancel that first

a payment cancelled that is held as a retainer
    receive 50                  clearing +50    receivable -50
    hold retainer 50            receivable +50    retainer -50
    cancel payment              ! 50.00 GBP … Retainers … Cancel that first

a payment returned twice
    issue                       receivable +120    income -100    tax -20
    pay 120                     clearing +120    receivable -120
    return payment              receivable +120    clearing -120
    return payment              ! refunded already

a payment returned that was cancelled
    receive 50                  clearing +50    receivable -50
    cancel payment              receivable +50    clearing -50
    return payment              ! cancelled

money applied that was returned
    receive 50                  clearing +50    receivable -50
    issue                       receivable +120    income -100    tax -20
    return payment              receivable +50    clearing -50
    apply money 50              ! 0.00 GBP … is left

a payment cancelled that is in a bank deposit
    receive 50                  clearing +50    receivable -50
    bank everything             bank +50    clearing -50
    cancel payment              ! bank deposit

a refund cancelled that is in a bank deposit
    receive 50                  clearing +50    receivable -50
    refund money 20             receivable +20    clearing -20
    bank everything             bank +30    clearing -30
    cancel refund               ! bank deposit

banked twice
    receive 50                  clearing +50    receivable -50
    bank everything             bank +50    clearing -50
    bank it again               ! bank deposit

banked when it was cancelled
    receive 50                  clearing +50    receivable -50
    cancel payment              receivable +50    clearing -50
    bank it again               ! cancelled

a bank deposit undone twice
    receive 50                  clearing +50    receivable -50
    bank everything             bank +50    clearing -50
    undo deposit                bank -50    clearing +50
    undo deposit                ! undone already

written off for more than is due
    issue                       receivable +120    income -100    tax -20
    pay 100                     clearing +100    receivable -100
    write off 20.01             ! 20.00 GBP … is due

a write-off cancelled twice
    issue                       receivable +120    income -100    tax -20
    write off 120               bad debt +120    receivable -120
    cancel adjustment           bad debt -120    receivable +120
    cancel adjustment           ! cancelled already

a retainer used for more than is held
    receive 50                  clearing +50    receivable -50
    hold retainer 50            receivable +50    retainer -50
    issue                       receivable +120    income -100    tax -20
    use retainer 50.01          ! 50.00 GBP

a retainer held of money that an invoice has
    issue                       receivable +120    income -100    tax -20
    pay 120                     clearing +120    receivable -120
    hold retainer 1             ! 0.00 GBP … left

a retainer refunded for more than is held
    receive 50                  clearing +50    receivable -50
    hold retainer 50            receivable +50    retainer -50
    refund retainer 50.01       ! 50.00 GBP

a retainer cancelled that was refunded
    receive 50                  clearing +50    receivable -50
    hold retainer 50            receivable +50    retainer -50
    refund retainer 20          retainer +20    clearing -20
    cancel first adjustment     ! used already

what pays a retainer out, cancelled by itself
    receive 50                  clearing +50    receivable -50
    hold retainer 50            receivable +50    retainer -50
    refund retainer 20          retainer +20    clearing -20
    cancel adjustment           ! ends with it

more of a charge given back than the bank kept
    issue                       receivable +120    income -100    tax -20
    pay 117, bank charge 3      clearing +117    bank charge +3    receivable -120
    return payment, charge back 4    ! 1.00 GBP more than it kept

a retainer given free that was used
    receive 50                  clearing +50    receivable -50
    hold retainer 50            receivable +50    retainer -50
    issue                       receivable +120    income -100    tax -20
    use retainer 50             retainer +50    receivable -50
    cancel first adjustment     ! used

an allocation taken back twice
    issue                       receivable +120    income -100    tax -20
    pay 120                     clearing +120    receivable -120
    un-apply
    un-apply again              ! un-applied already

a surplus taken that is more than small
    receive 50                  clearing +50    receivable -50
    take surplus 50.01          ! 50.00 GBP … left
"""
