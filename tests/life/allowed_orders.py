"""Orders of acts that the rules allow, worked by hand.

The invoice is 100.00 and 20.00 tax (20 %) unless the order says another; income is one account,
money goes through clearing until it is banked.
"""

ALLOWED = """
paid in full, and banked
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    bank everything             bank +120    clearing -120    due 0
    = income -100    tax -20    bank +120

paid in two parts, banked apart
    issue                       receivable +120    income -100    tax -20    due 120
    pay 50                      clearing +50    receivable -50    due 70
    bank everything             bank +50    clearing -50
    pay 70                      clearing +70    receivable -70    due 0
    bank everything             bank +70    clearing -70
    = income -100    tax -20    bank +120

paid before it is issued, and applied later
    receive 120                 clearing +120    receivable -120
    issue                       receivable +120    income -100    tax -20    due 120
    apply money 120             due 0
    = income -100    tax -20    clearing +120

paid too much, and the rest refunded
    issue                       receivable +120    income -100    tax -20    due 120
    pay 150                     clearing +150    receivable -150    due 0
    refund money 30             receivable +30    clearing -30    due 0
    bank everything             bank +120    clearing -120
    = income -100    tax -20    bank +120

paid too much, and the rest kept for the next invoice
    issue                       receivable +120    income -100    tax -20    due 120
    pay 200                     clearing +200    receivable -200    due 0
    next invoice                receivable +120    income -100    tax -20    due 120
    apply money 80              due 40
    pay 40                      clearing +40    receivable -40    due 0
    = income -200    tax -40    clearing +240

credited whole, and applied
    issue                       receivable +120    income -100    tax -20    due 120
    credit all                  income +100    tax +20    receivable -120    due 120
    apply credit 120            due 0
    =

credited in two parts that leave nothing
    issue                       receivable +120    income -100    tax -20    due 120
    credit 37.49                income +37.49    tax +7.50    receivable -44.99
    apply credit 44.99          due 75.01
    credit 62.51                income +62.51    tax +12.50    receivable -75.01
    apply credit 75.01          due 0
    =

credited in part, the rest paid
    issue                       receivable +120    income -100    tax -20    due 120
    credit 50                   income +50    tax +10    receivable -60    due 120
    apply credit 60             due 60
    pay 60                      clearing +60    receivable -60    due 0
    = income -50    tax -10    clearing +60

paid in part, the rest credited
    issue                       receivable +120    income -100    tax -20    due 120
    pay 60                      clearing +60    receivable -60    due 60
    credit 50                   income +50    tax +10    receivable -60    due 60
    apply credit 60             due 0
    = income -50    tax -10    clearing +60

invoice, payment, credit note, refund: nothing is left anywhere
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    credit all                  income +100    tax +20    receivable -120    due 0
    refund credit 120           receivable +120    clearing -120    due 0
    =

the same, with both lines through the bank
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    bank everything             bank +120    clearing -120
    credit all                  income +100    tax +20    receivable -120
    refund credit 120           receivable +120    clearing -120
    bank everything             bank -120    clearing +120
    =

the same, with the refund out of the bank
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    bank everything             bank +120    clearing -120
    credit all                  income +100    tax +20    receivable -120
    refund credit 120 at the bank    receivable +120    bank -120
    =

written off, credited, and no penny left anywhere
    issue                       receivable +120    income -100    tax -20    due 120
    write off 120               bad debt +120    receivable -120    due 0
    credit all                  income +100    tax +20    bad debt -120    due 0
    =

paid in part, the rest written off, credited, and only what was paid goes out
    issue                       receivable +120    income -100    tax -20    due 120
    pay 90                      clearing +90    receivable -90    due 30
    write off 30                bad debt +30    receivable -30    due 0
    credit all                  income +100    tax +20    bad debt -30    receivable -90    due 0
    refund credit 90            receivable +90    clearing -90
    =

paid early, credited, and the discount is not paid out
    issue                       receivable +120    income -100    tax -20    due 120
    pay 117.60                  clearing +117.60    receivable -117.60    due 2.40
    deduct early discount 2.40  early discount +2.40    receivable -2.40    due 0
    credit all                  income +100    tax +20    early discount -2.40    receivable -117.60
    refund credit 117.60        receivable +117.60    clearing -117.60
    =

paid less a bank charge and a penny, credited in two parts
    issue                       receivable +120    income -100    tax -20    due 120
    pay 116.99, bank charge 3   clearing +116.99    bank charge +3    receivable -119.99    due 0.01
    deduct small difference 0.01    small difference +0.01    receivable -0.01    due 0
    credit 50                   income +50    tax +10    receivable -60
    refund credit 60            receivable +60    clearing -60
    credit 50                   income +50    tax +10    small difference -0.01    bank charge -3    receivable -56.99
    refund credit 56.99         receivable +56.99    clearing -56.99
    =

half of it sent back, the rest given up: the credit comes first, then the loss
    issue                       receivable +120    income -100    tax -20    due 120
    credit 50                   income +50    tax +10    receivable -60
    apply credit 60             due 60
    write off 60                bad debt +60    receivable -60    due 0
    = income -50    tax -10    bad debt +60

given up, then half of it sent back
    issue                       receivable +120    income -100    tax -20    due 120
    write off 120               bad debt +120    receivable -120    due 0
    credit 50                   income +50    tax +10    bad debt -60    due 0
    = income -50    tax -10    bad debt +60

given up, credited, and the credit note was a mistake
    issue                       receivable +120    income -100    tax -20    due 120
    pay 90                      clearing +90    receivable -90    due 30
    write off 30                bad debt +30    receivable -30    due 0
    credit all                  income +100    tax +20    bad debt -30    receivable -90
    void credit                 income -100    tax -20    bad debt +30    receivable +90    due 0
    = income -100    tax -20    bad debt +30    clearing +90

refunded, and the cheque bounced: it is owed again, and may be given up
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    credit all                  income +100    tax +20    receivable -120
    refund credit 120           receivable +120    clearing -120
    return payment              receivable +120    clearing -120    due 120
    write off 120               bad debt +120    receivable -120    due 0
    = bad debt +120    clearing -120

money first, invoice, credit note, refund of both
    receive 120                 clearing +120    receivable -120
    issue                       receivable +120    income -100    tax -20    due 120
    credit all                  income +100    tax +20    receivable -120
    apply credit 120            due 0
    refund money 120            receivable +120    clearing -120    due 0
    =

a credit note applied in part, the rest paid out
    issue                       receivable +120    income -100    tax -20    due 120
    pay 80                      clearing +80    receivable -80    due 40
    credit all                  income +100    tax +20    receivable -120    due 40
    apply credit 40             due 0
    refund credit 80            receivable +80    clearing -80    due 0
    =

a credit note paid out in two lines
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    credit all                  income +100    tax +20    receivable -120
    refund credit 20            receivable +20    clearing -20
    refund credit 100           receivable +100    clearing -100
    =

a refund that was not made
    issue                       receivable +120    income -100    tax -20    due 120
    pay 150                     clearing +150    receivable -150    due 0
    refund money 30             receivable +30    clearing -30
    cancel refund               receivable -30    clearing +30
    = receivable -30    income -100    tax -20    clearing +150

returned by the bank, with its fee
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    bank everything             bank +120    clearing -120
    return payment, fee 15      receivable +120    bank charge +15    clearing -135    due 120
    bank everything             bank -135    clearing +135
    = receivable +120    income -100    tax -20    bank -15    bank charge +15

returned on a line of its own, with its fee
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    bank everything             bank +120    clearing -120
    return payment at the bank, fee 15    receivable +120    bank charge +15    bank -135    due 120
    = receivable +120    income -100    tax -20    bank -15    bank charge +15

charged back, and paid again
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    charge back, fee 20         receivable +120    bank charge +20    clearing -140    due 120
    pay 120                     clearing +120    receivable -120    due 0
    = income -100    tax -20    clearing +100    bank charge +20

returned without a fee, then given up
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    return payment              receivable +120    clearing -120    due 120
    write off 120               bad debt +120    receivable -120    due 0
    = income -100    tax -20    bad debt +120

a returned payment that had not been returned
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    return payment, fee 15      receivable +120    bank charge +15    clearing -135    due 120
    cancel refund               receivable -120    bank charge -15    clearing +135    due 120
    apply money 120             due 0
    = income -100    tax -20    clearing +120

written off without any money
    issue                       receivable +120    income -100    tax -20    due 120
    write off 120               bad debt +120    receivable -120    due 0
    = income -100    tax -20    bad debt +120

paid in part, the rest written off
    issue                       receivable +120    income -100    tax -20    due 120
    pay 90                      clearing +90    receivable -90    due 30
    write off 30                bad debt +30    receivable -30    due 0
    = income -100    tax -20    clearing +90    bad debt +30

written off, and paid after all
    issue                       receivable +120    income -100    tax -20    due 120
    write off 120               bad debt +120    receivable -120    due 0
    cancel adjustment           bad debt -120    receivable +120    due 120
    pay 120                     clearing +120    receivable -120    due 0
    = income -100    tax -20    clearing +120

paid early, two percent less
    issue                       receivable +120    income -100    tax -20    due 120
    pay 117.60                  clearing +117.60    receivable -117.60    due 2.40
    deduct early discount 2.40  early discount +2.40    receivable -2.40    due 0
    = income -100    tax -20    clearing +117.60    early discount +2.40

the bank kept three on the way
    issue                       receivable +120    income -100    tax -20    due 120
    pay 117, bank charge 3      clearing +117    bank charge +3    receivable -120    due 0
    = income -100    tax -20    clearing +117    bank charge +3

the customer withheld tax
    issue                       receivable +120    income -100    tax -20    due 120
    pay 108, tax withheld 12    clearing +108    tax withheld +12    receivable -120    due 0
    = income -100    tax -20    clearing +108    tax withheld +12

a penny short
    issue                       receivable +120    income -100    tax -20    due 120
    pay 119.99, small difference 0.01    clearing +119.99    small difference +0.01    receivable -120    due 0
    = income -100    tax -20    clearing +119.99    small difference +0.01

a penny too much
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120.01                  clearing +120.01    receivable -120.01    due 0
    take surplus 0.01           receivable +0.01    small difference -0.01    due 0
    = income -100    tax -20    clearing +120.01    small difference -0.01

a retainer, used in part
    receive 500                 clearing +500    receivable -500
    hold retainer 500           receivable +500    retainer -500
    issue                       receivable +120    income -100    tax -20    due 120
    use retainer 120            retainer +120    receivable -120    due 0
    = income -100    tax -20    clearing +500    retainer -380

a retainer given free again, and refunded
    receive 500                 clearing +500    receivable -500
    hold retainer 500           receivable +500    retainer -500
    cancel adjustment           receivable -500    retainer +500
    refund money 500            receivable +500    clearing -500
    =

a retainer, refunded in part, and the refund was not made
    receive 500                 clearing +500    receivable -500
    hold retainer 500           receivable +500    retainer -500
    refund retainer 200         retainer +200    clearing -200
    cancel refund               retainer -200    clearing +200
    refund retainer 500         retainer +500    clearing -500
    =

paid less a bank charge and a discount, returned, and the bank gives two of three back
    issue                       receivable +120    income -100    tax -20    due 120
    pay 115, bank charge 3      clearing +115    bank charge +3    receivable -118    due 2
    deduct early discount 2     early discount +2    receivable -2    due 0
    return payment, charge back 2    receivable +119    clearing -115    bank charge -2    early discount -2    due 119
    = receivable +119    income -100    tax -20    bank charge +1

paid a penny less, returned, and paid again
    issue                       receivable +120    income -100    tax -20    due 120
    pay 119.99, small difference 0.01    clearing +119.99    small difference +0.01    receivable -120    due 0
    return payment, fee 15      receivable +120    bank charge +15    small difference -0.01    clearing -134.99    due 120
    pay 120                     clearing +120    receivable -120    due 0
    = income -100    tax -20    clearing +105    bank charge +15

paid early, credited in part, returned: only what the note left of the discount comes back
    issue                       receivable +120    income -100    tax -20    due 120
    pay 110                     clearing +110    receivable -110    due 10
    deduct early discount 10    early discount +10    receivable -10    due 0
    credit 95                   income +95    tax +19    receivable -110    early discount -4    due 0
    return payment              clearing -110    early discount -6    receivable +116    due 116
    = receivable +6    income -5    tax -1

void
    issue                       receivable +120    income -100    tax -20    due 120
    void                        receivable -120    income +100    tax +20
    =

paid by a typing error, cancelled, and void
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    cancel payment              clearing -120    receivable +120    due 120
    void                        receivable -120    income +100    tax +20
    =

applied to the wrong invoice, and moved
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    un-apply                    due 120
    next invoice                receivable +120    income -100    tax -20    due 120
    apply money 120             due 0
    = receivable +120    income -200    tax -40    clearing +120

a credit note that should not have been
    issue                       receivable +120    income -100    tax -20    due 120
    credit all                  income +100    tax +20    receivable -120
    void credit                 income -100    tax -20    receivable +120
    pay 120                     clearing +120    receivable -120    due 0
    = income -100    tax -20    clearing +120

a credit note taken off the invoice, and paid out
    issue                       receivable +120    income -100    tax -20    due 120
    credit all                  income +100    tax +20    receivable -120
    apply credit 120            due 0
    un-apply                    due 120
    pay 120                     clearing +120    receivable -120    due 0
    refund credit 120           receivable +120    clearing -120
    =

a card payout, net of its fee
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    bank everything, fee 3.60   bank +116.40    bank charge +3.60    clearing -120
    = income -100    tax -20    bank +116.40    bank charge +3.60

a card payout, net of a refund and its fee
    issue                       receivable +120    income -100    tax -20    due 120
    pay 150                     clearing +150    receivable -150    due 0
    refund money 30             receivable +30    clearing -30
    bank everything, fee 4      bank +116    bank charge +4    clearing -120
    = income -100    tax -20    bank +116    bank charge +4

banked by mistake, taken out, cancelled
    issue                       receivable +120    income -100    tax -20    due 120
    pay 120                     clearing +120    receivable -120    due 0
    bank everything             bank +120    clearing -120
    undo deposit                bank -120    clearing +120
    cancel payment              clearing -120    receivable +120    due 120
    = receivable +120    income -100    tax -20

everything at once, back out of the bank
    issue                       receivable +120    income -100    tax -20    due 120
    credit 10                   income +10    tax +2    receivable -12    due 120
    apply credit 12             due 108
    pay 50                      clearing +50    receivable -50    due 58
    deduct early discount 1     early discount +1    receivable -1    due 57
    bank everything, fee 1.50   bank +48.50    bank charge +1.50    clearing -50
    return payment at the bank, fee 5    receivable +50    bank charge +5    bank -55    due 107
    pay 57                      clearing +57    receivable -57    due 50
    write off 50                bad debt +50    receivable -50    due 0
    = income -90    tax -18    early discount +1    bank -6.50    bank charge +6.50    clearing +57    bad debt +50

everything at once
    issue                       receivable +120    income -100    tax -20    due 120
    credit 10                   income +10    tax +2    receivable -12    due 120
    apply credit 12             due 108
    pay 50                      clearing +50    receivable -50    due 58
    deduct early discount 1     early discount +1    receivable -1    due 57
    bank everything, fee 1.50   bank +48.50    bank charge +1.50    clearing -50
    return payment, fee 5       receivable +50    bank charge +5    clearing -55    due 107
    bank everything             bank -55    clearing +55
    pay 57                      clearing +57    receivable -57    due 50
    write off 50                bad debt +50    receivable -50    due 0
    = income -90    tax -18    early discount +1    bank -6.50    bank charge +6.50    clearing +57    bad debt +50
"""

# What the last act of each is told.
